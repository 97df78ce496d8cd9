"""Test tab What if: its answer is the reading of the changed image by the changed model, or one sentence."""

import json

import numpy as np
import pytest
import torch

import vit
from demo import models
from demo.requests import EXPIRED, Reader
from demo.tabs.what_if.server import WhatIf
from tests.demo.packed import unpack
from vit import checkpoint, explain, ink
from vit.analysis.ablation import rearranged, without

EXAMPLES = json.loads((checkpoint.ASSETS / "examples.json").read_text())
SEVEN = {"strokes": EXAMPLES[0]["strokes"]}
BACKWARDS = list(range(15, -1, -1))


@pytest.fixture
def whatif() -> WhatIf:
    return WhatIf(Reader({}.get))


@pytest.mark.parametrize(
    ("changes", "off"),
    [
        ({}, {}),
        ({"erased": [5, 6]}, {}),
        ({"order": BACKWARDS, "erased": [0]}, {}),
        ({"heads": [[0, 1], [2, 3]]}, {"heads": [(0, 1), (2, 3)]}),
        ({"layers": [1], "positions": False}, {"layers": [1], "positions": False}),
    ],
)
def test_the_answer_is_that_of_the_changed_model(whatif, changes, off):
    answer = whatif.changed(SEVEN | {"changes": changes})
    image = torch.from_numpy(ink.from_strokes(SEVEN["strokes"]))[None]
    image = rearranged(image, changes.get("order", range(16)), changes.get("erased", ()))
    model = without(vit.load("digits-4x4"), **off)
    temperature = models.shipped_model("digits-4x4").calibration.temperature
    with torch.no_grad():
        probs = (model(image[None])[0] / temperature).softmax(-1)
    np.testing.assert_allclose(answer["probs"], probs.numpy(), atol=1e-5)
    np.testing.assert_allclose(unpack(answer["image"]), image[0].numpy(), atol=0.003)
    np.testing.assert_allclose(unpack(answer["maps"]["attention"]), explain.attention(model, image).numpy(), atol=1e-5)
    expected = explain.integrated_gradients(model, image, answer["digit"])
    np.testing.assert_allclose(unpack(answer["maps"]["integrated_gradients"]), expected.numpy(), atol=1e-4)
    assert answer["target"] == answer["digit"]


def test_another_digit_can_be_asked_about(whatif):
    read = whatif.changed(SEVEN)
    answer = whatif.changed(SEVEN | {"changes": {"heads": [[2, 0]]}, "target": 3})
    assert answer["target"] == 3 != answer["digit"]
    image = torch.from_numpy(ink.from_strokes(SEVEN["strokes"]))[None]
    expected = explain.integrated_gradients(without(vit.load("digits-4x4"), [(2, 0)]), image, 3)
    np.testing.assert_allclose(unpack(answer["maps"]["integrated_gradients"]), expected.numpy(), atol=1e-4)
    assert whatif.changed(SEVEN | {"target": None}) == read


def test_the_shipped_model_is_not_changed(whatif):
    before = whatif.changed(SEVEN)["probs"]
    whatif.changed(SEVEN | {"changes": {"layers": [0, 1, 2], "positions": False}})
    assert whatif.changed(SEVEN)["probs"] == before


def test_the_accuracy_without_each_part_is_sent_where_it_is_known(whatif, tmp_path, monkeypatch):
    assert "parts" in whatif.changed(SEVEN)
    parts = {"all": 0.99, "heads": [[0.9] * 6] * 3, "layers": [0.5] * 3, "positions": 0.1}
    checkpoint.save(vit.load("digits-4x4"), tmp_path / "digits-4x4.safetensors", figures={"parts": parts})
    monkeypatch.setattr(checkpoint, "ASSETS", tmp_path)
    assert whatif.changed(SEVEN)["parts"] == parts


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (SEVEN | {"changes": {"erased": [16]}}, "place must be a whole number from 0 to 15"),
        (SEVEN | {"changes": {"order": [0, 1]}}, "order must name 16 patches"),
        (SEVEN | {"changes": {"order": [0] * 16}}, "each patch"),
        (SEVEN | {"changes": {"order": 3}}, ""),
        (SEVEN | {"changes": {"heads": [[0, 99]]}}, "head must be"),
        (SEVEN | {"changes": {"heads": [1]}}, ""),
        (SEVEN | {"changes": {"layers": ["x"]}}, "layer must be"),
        (SEVEN | {"changes": 5}, ""),
        (SEVEN | {"target": 10}, "target must be a digit"),
        (SEVEN | {"target": "3"}, "target must be a digit"),
        (SEVEN | {"model": "nobody"}, EXPIRED),
        ({"strokes": []}, ""),
        ([], "expected a drawing"),
    ],
)
def test_an_invalid_request_gets_one_sentence(whatif, payload, message):
    answer = whatif.changed(payload)
    assert list(answer) == ["error"]
    assert answer["error"]
    assert message in answer["error"]
