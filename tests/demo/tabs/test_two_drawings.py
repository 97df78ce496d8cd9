"""Test tab Two drawings: its answer has the shares of the model's parts, or one sentence."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

import vit
from demo.requests import EXPIRED, Reader
from demo.tabs.two_drawings.server import TwoDrawings
from tests.demo.packed import unpack
from vit import checkpoint, ink
from vit.analysis.activation_patching import gap_shares

STROKES = {one["label"]: one["strokes"] for one in json.loads((checkpoint.ASSETS / "examples.json").read_text())}


@pytest.fixture
def tab() -> TwoDrawings:
    return TwoDrawings(Reader({}.get))


def image(digit):
    return torch.from_numpy(ink.from_strokes(STROKES[digit]))[None]


@pytest.mark.parametrize(("digit", "example"), [(7, 4), (4, 9)])
def test_without_a_stored_drawing_an_example_of_another_digit_is_compared(tab, digit, example):
    answer = tab.differences({"strokes": STROKES[digit]})
    assert answer["classes"] == [example, digit]
    np.testing.assert_allclose(unpack(answer["kept"]), image(example)[0].numpy(), atol=0.003)


def test_the_shares_are_those_of_the_stored_drawing_and_the_new_one(tab):
    answer = tab.differences({"strokes": STROKES[2], "kept": {"strokes": STROKES[8]}})
    shares = gap_shares(vit.load("digits-4x4"), image(8), image(2))
    assert answer["classes"] == [8, 2]
    assert answer["gaps"] == pytest.approx(shares.gaps, abs=1e-3)
    for name in ("heads", "mlps", "layers", "tokens"):
        np.testing.assert_allclose(unpack(answer[name]), getattr(shares, name).detach().numpy(), atol=1e-5)
    assert answer["tokens"]["shape"] == [4, 17]


@pytest.mark.parametrize("name", ["digits-4x4", "digits-7x7"])
def test_before_the_first_layer_a_patch_s_share_is_that_of_its_ink(tab, name):
    model = vit.load(name)
    answer = tab.differences({"strokes": STROKES[2], "kept": {"strokes": STROKES[8]}, "model": name})
    share, size = unpack(answer["tokens"])[0], model.config.patch_size
    patch = int(share[1:].argmax())
    row, column = (size * place for place in divmod(patch, model.config.image_size // size))
    mixed = image(2).clone()
    mixed[0, row : row + size, column : column + size] = image(8)[0, row : row + size, column : column + size]
    with torch.no_grad():
        kept, now, both = (float(logits[8] - logits[2]) for logits in model(torch.stack([image(8), image(2), mixed])))
    assert share[1 + patch] == pytest.approx((both - now) / (kept - now), abs=1e-4)


def test_the_worked_example_of_the_documentation_has_these_figures():
    text = Path("docs/explanations.md").read_text(encoding="utf-8")
    drawings = [torch.from_numpy(ink.from_link(link))[None] for link in re.findall(r"http://\S*#\S*sheet=\S+", text)]
    shares = gap_shares(vit.load("digits-4x4"), *drawings)
    assert shares.classes == (4, 9)
    tokens, heads = shares.tokens[0, 1:], shares.heads.flatten()
    assert [int(tokens.argmax()), int(heads.argmax())] == [5, 2 * 6 + 3]  # row 2, column 2; head 4 of layer 3
    assert f"answer moves {100 * tokens.max():.0f} % of the way from 9 to 4" in text
    assert f"Head 4 of layer 3 moves the answer by {100 * heads.max():.0f} %" in text


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        ({"strokes": STROKES[7], "kept": {"strokes": STROKES[7]}}, "Both drawings are read as the same class."),
        ({"strokes": STROKES[7], "kept": {"strokes": [[3]]}}, "point"),
        ({"strokes": STROKES[7], "kept": 5}, "expected a drawing, got int"),
        ({"strokes": STROKES[7], "model": "gone"}, EXPIRED),
    ],
)
def test_an_invalid_comparison_gets_one_sentence(tab, payload, sentence):
    answer = tab.differences(payload)
    assert list(answer) == ["error"]
    assert sentence in answer["error"]
