"""Compare each accuracy of an ablation with a model in which that part is removed in another way."""

import copy
import os

import pytest
import torch

import vit
from train.data.dataset import Digits
from train.evaluation import calibrate, head_ablation, token_map
from vit import VisionTransformer, ViTConfig, checkpoint
from vit.checkpoint import ASSETS


@pytest.fixture(scope="module")
def digits() -> Digits:
    import numpy as np

    with np.load(ASSETS / "samples.npz") as samples:
        return Digits(torch.from_numpy(samples["images"]), torch.from_numpy(samples["labels"]).long())


def accuracy(model: VisionTransformer, digits: Digits) -> float:
    with torch.no_grad():
        return float((model(digits.images[:, None] / 255).argmax(1) == digits.labels).float().mean())


def test_an_ablation_gives_the_accuracy_without_the_part(digits):
    model = vit.load("digits-4x4")
    found = head_ablation.measure_ablations(model, digits)
    assert found["all"] == pytest.approx(accuracy(model, digits))
    without_layer = copy.deepcopy(model)
    without_layer.blocks = torch.nn.ModuleList([model.blocks[0], model.blocks[2]])
    assert found["layers"][1] == pytest.approx(accuracy(without_layer, digits))
    without_head, d = copy.deepcopy(model), model.config.head_dim
    D = model.config.embed_dim
    with torch.no_grad():  # with values of zero the head's output is zero
        without_head.blocks[0].attn.qkv.weight[2 * D + d : 2 * D + 2 * d] = 0
        without_head.blocks[0].attn.qkv.bias[2 * D + d : 2 * D + 2 * d] = 0
    assert found["heads"][0][1] == pytest.approx(accuracy(without_head, digits))
    assert [len(row) for row in found["heads"]] == [model.config.num_heads] * model.config.depth
    assert found["positions"] < 0.9


def test_the_command_prints_and_stores(tmp_path, monkeypatch, digits, capsys):
    torch.manual_seed(0)
    path = tmp_path / "small.safetensors"
    model = VisionTransformer(ViTConfig(embed_dim=8, depth=2, num_heads=2, mlp_dim=8)).eval()
    checkpoint.save(model, path, recipe={"training": {}}, figures={"test": {"accuracy": 0.5}})
    monkeypatch.setattr(head_ablation, "load", lambda *_: digits)
    assert head_ablation.main(["--model", str(path), "--write"]) == 0
    header = checkpoint.read_header(path)
    assert header.figures["parts"] == head_ablation.measure_ablations(model, digits)
    assert header.figures["test"] == {"accuracy": 0.5}
    assert header.recipe == {"training": {}}
    printed = capsys.readouterr().out
    lost = 100 * (header.figures["parts"]["all"] - header.figures["parts"]["layers"][1])
    assert f"{lost:+.2f} |" in next(line for line in printed.splitlines() if line.startswith("| layer 2"))


def test_invalid_arguments_give_one_sentence(capsys):
    assert head_ablation.main(["--model", "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err
    for threads in ("0", "99999"):
        assert head_ablation.main(["--threads", threads]) == 1
        assert f"threads must be a whole number in [1, 64], got {threads}" in capsys.readouterr().err


@pytest.mark.parametrize("command", [head_ablation, token_map, calibrate])
def test_a_model_that_cannot_be_written_is_named_before_any_digit_is_read(command, tmp_path, monkeypatch, capsys):
    path = tmp_path / "small.safetensors"
    checkpoint.save(VisionTransformer(ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8)), path)
    monkeypatch.setattr(command, "load", lambda *_: pytest.fail("the digits were read"))
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    assert command.main(["--model", str(path), "--write"]) == 1
    assert f"model must be a file that can be written: {path} is read-only" in capsys.readouterr().err
