"""Test the cost of explanations by counting the forward passes."""

import json

import pytest
import torch
from torch import Tensor

from train.benchmarks import explanation_cost
from train.benchmarks.explanation_cost import ONE_FORWARD, count_images, measure_cost
from vit import VisionTransformer, ViTConfig
from vit.explain.masking import MaskedModel

TINY = ViTConfig(patch_size=14, embed_dim=8, depth=2, num_heads=2, mlp_dim=8)  # four patches


@pytest.fixture
def model() -> VisionTransformer:
    torch.manual_seed(3)
    return VisionTransformer(TINY).eval().requires_grad_(False)


@pytest.fixture
def image() -> Tensor:
    """Return an image with ink on three of the four patches."""
    image = torch.zeros(1, 28, 28)
    image[:, 4:24, 4:10] = 1
    image[:, 18:22, 10:24] = 0.8
    return image


@pytest.mark.parametrize(
    ("method", "forward_passes"),
    [
        (ONE_FORWARD, 1),
        ("attention", 1),
        ("relevance", 1),
        ("occlusion_unseen", 1 + 4),
        ("occlusion_erased", 1 + 3),
        ("shapley_unseen", 2**4),
        ("shapley_erased", 2**3),
    ],
)
def test_forward_passes_are_those_of_the_definition(method, forward_passes, model, image):
    assert len(MaskedModel(model, image, "erased").maskable) == 3
    found = measure_cost("tiny", model, method, [image, image])
    assert found.forward_passes == forward_passes
    assert found.ms > 0
    assert found.ratio > 0


def test_counting_ends_with_the_block(model, image):
    with count_images(model) as counts:
        model(image[None].expand(5, -1, -1, -1))
        model.trace(image[None])
    model(image[None])
    assert counts == [5, 1]


def test_the_command_prints_a_row_for_each_method_and_writes_the_same(model, tmp_path, capsys):
    path, file = tmp_path / "tiny.safetensors", tmp_path / "costs.json"
    explanation_cost.checkpoint.save(model, path)
    assert explanation_cost.main(["--model", str(path), "--digits", "1", "--json", str(file)]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| `tiny`")]
    written = json.loads(file.read_text())["costs"]
    assert len(rows) == len(written) == 1 + len(explanation_cost.METHODS)
    assert [f"{one['forward_passes']:,.0f}" for one in written] == [row.split(" | ")[2] for row in rows]


@pytest.mark.parametrize(
    "argv",
    [["--digits", "0"], ["--model", "nowhere"], ["--threads", "-1"], ["--threads", "99999"], ["--json", "/dev/null"]],
)
def test_invalid_arguments_give_one_sentence(argv, capsys):
    assert explanation_cost.main(argv) == 1
    assert capsys.readouterr().err.startswith("train.benchmarks.explanation_cost: ")
