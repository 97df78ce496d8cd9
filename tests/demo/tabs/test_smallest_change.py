"""The answers of tab "Smallest change": what the searches find, with the readings of each step, or one sentence."""

import json
import re

import numpy as np
import pytest
import torch

import vit
from demo.models import LoadedModel
from demo.requests import EXPIRED, Reader
from demo.tabs.smallest_change.server import IDLE, MEASURED, SAME_CLASS, SmallestChange, places
from tests.demo.asking import answer_of
from tests.demo.packed import unpack
from tests.serving import ROOT
from vit import VisionTransformer, ViTConfig, checkpoint, ink
from vit.explain.smallest_change import grey, smallest_change
from vit.explain.smallest_erasure import smallest_erasure

STROKES = {one["label"]: one["strokes"] for one in json.loads((checkpoint.ASSETS / "examples.json").read_text())}
FOUR = {"strokes": STROKES[4], "target": 9}


@pytest.fixture
def tab() -> SmallestChange:
    torch.manual_seed(0)
    model = VisionTransformer(ViTConfig(patch_size=4, embed_dim=16, depth=1, num_heads=2, mlp_dim=16)).eval()
    return SmallestChange(Reader({"mine": LoadedModel(model, "mine.")}.get))


def image(digit: int) -> torch.Tensor:
    return grey(torch.from_numpy(ink.from_strokes(STROKES[digit]))[None])


@pytest.mark.parametrize("brush", ["pixel", "pen"])
def test_the_change_is_that_of_the_search_and_each_step_is_read(tab, brush):
    answer = answer_of(tab.change, FOUR | {"way": brush})
    model = vit.load("digits-4x4")
    found = smallest_change(model, image(4), 9, brush)
    images = unpack(answer["images"])
    np.testing.assert_allclose(images, found.images[:, 0].numpy(), atol=1e-6)
    np.testing.assert_array_equal(unpack(answer["changed"]), images[-1])
    read = model(torch.tensor(images)[:, None].float()).argmax(dim=1).tolist()  # as the browser has them
    assert answer["digit"] == read and read[0] == 4 and read[-1] == 9
    assert (answer["reached"], answer["target"]) == (True, 9)
    assert answer["added"] + answer["removed"] == pytest.approx(found.ink, abs=0.01)
    assert [max(row) == row[digit] for row, digit in zip(answer["probs"], read, strict=True)] == [True] * len(read)
    assert answer["measured"] == {"median": MEASURED["digits-4x4"][brush], "digits": MEASURED["digits-4x4"]["digits"]}


def test_patches_are_those_of_the_exact_search(tab):
    answer = answer_of(tab.change, {"strokes": STROKES[4], "target": 1, "way": "patches"})
    expected = smallest_erasure(vit.load("digits-4x4"), image(4), 1)
    assert answer["patches"] == expected.patches.tolist()
    assert (answer["reached"], answer["searched"]) == (expected.reached, expected.searched)
    assert len(answer["digit"]) == len(answer["patches"]) + 1


def test_a_model_with_many_patches_is_searched_up_to_a_size_and_has_no_median(tab):
    predicted = tab.reader.loaded("mine").read(image(8)[0].numpy())[1].digit
    payload = {"strokes": STROKES[8], "model": "mine", "target": (predicted + 1) % 10, "way": "patches"}
    answer = answer_of(tab.change, payload)
    assert answer["measured"] is None
    assert answer["reached"] or 0 < answer["searched"] < answer["inked"]


def test_pixels_that_touch_are_one_place():
    change = torch.zeros(1, 28, 28)
    change[0, [3, 4, 10], [3, 4, 10]] = torch.tensor([0.5, -1, 1])
    assert places(change) == 2


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        ({"target": 4, "way": "pixel"}, SAME_CLASS),
        ({"target": 10, "way": "pixel"}, "target must be a digit from 0 to 9, got 10"),
        ({"way": "pixel"}, "target must be a digit from 0 to 9, got None"),
        ({"target": 9, "way": ["pen"]}, "way must be"),
        ({"target": 9, "way": "pen", "model": "gone"}, EXPIRED),
        ({"target": 9, "way": "pen", "strokes": 5}, "strokes must be"),
    ],
)
def test_what_cannot_be_searched_is_one_sentence(tab, payload, sentence):
    answer = tab.change({"strokes": STROKES[4]} | payload)
    assert list(answer) == ["error"]
    assert sentence in answer["error"]


def test_a_search_that_nobody_asks_about_is_dropped():
    now, done = [0.0], []
    tab = SmallestChange(Reader({}.get), lambda: now[0])

    def work(report):
        now[0] += IDLE + 1
        report(1, 2)
        done.append(True)

    task = tab._changes.ask("left", work)
    tab._changes.close()
    assert task.value is None and not done


def test_the_medians_are_those_of_the_results():
    results = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    for model, known in MEASURED.items():
        for brush in ("pixel", "pen"):
            row = re.search(rf"^\| `{model}` \| {brush} \| (\d+) \| ([\d.]+) \(", results, re.MULTILINE)
            assert row and (float(row[1]), float(row[2])) == (known["digits"], known[brush])
        row = re.search(rf"^\| `{model}` \| {known['digits']} \| \d+ \| (\d+) \(", results, re.MULTILINE)
        assert (float(row[1]) if row else None) == known.get("patches")
