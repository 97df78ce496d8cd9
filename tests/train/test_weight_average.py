"""Test the average of a model and its fine-tuned copy, and the command that measures and writes it."""

import json

import pytest
import torch

import vit
from tests.conftest import DATA
from train import weight_average
from train.config import TrainConfig
from train.data.dataset import split
from train.evaluation.predictions import predict_logits
from train.weight_average import average
from vit import VisionTransformer, ViTConfig, checkpoint

TINY = ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8)
RECIPE = {"training": {"epochs": 1, "val_size": 500, "seed": 0}}


@pytest.fixture
def ends() -> tuple[VisionTransformer, VisionTransformer]:
    """Return two models whose random weights differ."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return VisionTransformer(TINY).eval(), VisionTransformer(TINY).eval()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_each_weight_lies_on_the_line_between_both(ends, share):
    weights = [dict(model.named_parameters()) for model in (*ends, average(*ends, share))]
    for name, start in weights[0].items():
        torch.testing.assert_close(weights[2][name], (1 - share) * start + share * weights[1][name])


def test_both_ends_answer_as_the_models_do_and_stay_as_they_were(ends):
    images = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    before = [model(images) for model in ends]
    for share, expected in zip((0.0, 1.0), before, strict=True):
        assert torch.equal(average(*ends, share)(images), expected)
    average(*ends, 0.5).head.weight.data.zero_()
    assert all(torch.equal(model(images), logits) for model, logits in zip(ends, before, strict=True))


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_its_range_is_refused(ends, share):
    with pytest.raises(ValueError, match=r"share must be in \[0, 1\]"):
        average(*ends, share)


def test_models_of_two_kinds_are_refused(ends):
    with pytest.raises(ValueError, match="same config"):
        average(ends[0], VisionTransformer(ViTConfig(embed_dim=16, depth=1, num_heads=2, mlp_dim=8)), 0.5)


def test_the_command_reads_the_validation_digits_and_writes_the_last_average(ends, mnist_train, mnist_test, tmp_path):
    first, tuned, out, results = (tmp_path / name for name in ("a.safetensors", "b.safetensors", "c.safetensors", "j"))
    for model, path in zip(ends, (first, tuned), strict=True):
        checkpoint.save(model, path, RECIPE, {"train_seconds": 2.5})
    words = [str(first), "--tuned", str(tuned), "--share", "0", "0.5", "--out", str(out), "--json", str(results)]
    assert weight_average.main([*words, "--data", str(DATA)]) == 0
    _, val_set = split(mnist_train, 500, 0)
    said = json.loads(results.read_text())["val"]
    for share, name in ((0.0, "0"), (0.5, "0.5")):
        right = predict_logits(average(*ends, share), val_set.images).argmax(dim=-1) == val_set.labels
        assert said[name]["accuracy"] == pytest.approx(right.float().mean().item())
    header, written = checkpoint.read_header(out), vit.load(out)
    assert torch.equal(written.head.weight, average(*ends, 0.5).head.weight)
    tested = predict_logits(written, mnist_test.images).argmax(dim=-1) == mnist_test.labels
    assert header.figures["test"]["accuracy"] == pytest.approx(tested.float().mean().item())
    assert header.figures["train_seconds"] == 5.0 and header.figures["tuned"]["share"] == 0.5
    assert TrainConfig.from_saved(header.recipe["training"]).val_size == 500


def test_a_model_without_a_recipe_is_refused_in_one_sentence(ends, tmp_path, capsys):
    for model, name in zip(ends, "ab", strict=True):
        checkpoint.save(model, tmp_path / name)
    assert weight_average.main([str(tmp_path / "a"), "--tuned", str(tmp_path / "b"), "--data", str(DATA)]) == 1
    assert "holds no recipe" in capsys.readouterr().err
