"""Requests are answered with a reading or with one clear sentence, whatever was sent."""

import json

import numpy as np
import pytest
import torch

import vit
from demo.reader import EXPIRED, MAX_POINTS, SHIPPED, Reader, load_image, samples, shipped
from vit import PRESETS, VisionTransformer, ink

SEVEN = json.loads((vit.checkpoint.ASSETS / "examples.json").read_text())[0]["strokes"]


@pytest.fixture
def reader():
    torch.manual_seed(0)
    own = VisionTransformer(PRESETS["4x4"]).eval()
    return Reader({"mine": own}.get)


def test_strokes_are_read_by_the_shipped_model(reader):
    seen = reader.read({"strokes": SEVEN, "model": SHIPPED, "whole": True})
    with torch.inference_mode():
        logits = vit.load(SHIPPED)(torch.from_numpy(ink.from_strokes(SEVEN))[None, None])
    np.testing.assert_allclose(seen["probs"], logits.softmax(-1)[0], atol=1e-5)
    assert SHIPPED in seen["model"]["summary"]
    assert seen["model"]["num_params"] == vit.load(SHIPPED).num_params


def test_a_visitors_own_model_reads_for_its_token_alone(reader):
    theirs, ours = (reader.read({"strokes": SEVEN, "model": token}) for token in ("mine", SHIPPED))
    assert theirs["probs"] != ours["probs"]
    assert "you trained" in theirs["model"]["summary"]
    assert reader.read({"strokes": SEVEN, "model": "someone else's"}) == {"error": EXPIRED, "expired": True}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "strokes",
        {},
        {"strokes": None},
        {"strokes": []},
        {"strokes": [[]]},
        {"strokes": "abc"},
        {"strokes": [1, 2]},
        {"strokes": [[[1]]]},
        {"strokes": [[["a", "b"]]]},
        {"strokes": [[[float("nan"), 1], [2, 2]]]},
        {"strokes": [[[5, 5]]]},
        {"strokes": [[[1, 1], [2]]]},
        {"strokes": [[[0, 1]] * (MAX_POINTS + 1)]},
        {"strokes": [{}]},
        {"sample": -1},
        {"sample": "0"},
        {"sample": 10**9},
        {"sample": None},
    ],
)
def test_whatever_is_sent_gets_one_sentence(reader, payload):
    answer = reader.read(payload)
    assert set(answer) == {"error"}
    assert 10 < len(answer["error"]) < 200
    assert "\n" not in answer["error"]


def test_samples_are_read_as_they_are(reader):
    images, labels, indices = samples()
    right = 0
    for image, label, index in list(zip(images, labels, indices, strict=True))[::15]:
        seen = reader.read({"sample": int(index)})
        right += seen["digit"] == label
        with torch.inference_mode():
            expected = shipped(SHIPPED)(torch.from_numpy(image.astype(np.float32) / 255)[None, None]).softmax(-1)[0]
        np.testing.assert_allclose(seen["probs"], expected, atol=1e-5)
    assert right >= 19


def test_a_random_sample_is_one_of_them(reader):
    images, labels, indices = samples()
    from demo.wire import unpack

    drawn = {reader.sample({})["index"] for _ in range(20)}
    assert len(drawn) > 5
    sample = reader.sample({})
    at = np.flatnonzero(indices == sample["index"])[0]
    assert labels[at] == sample["label"]
    np.testing.assert_allclose(unpack(sample["image"]) * 255, images[at], atol=1e-3)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"layer": 3}, "layer"),
        ({"head": 99}, "head"),
        ({"query": 17}, "query"),
        ({"format": "exe"}, "format"),
        ({"layer": "1"}, "layer"),
    ],
)
def test_a_figure_of_what_is_not_there_is_refused(reader, change, named):
    view = {"strokes": SEVEN, "layer": 0, "head": None, "query": 0, "format": "svg"}
    assert named in reader.figure(view | change)["error"]


def test_a_file_that_is_no_image(tmp_path):
    path = tmp_path / "digit.png"
    path.write_bytes(b"not a picture")
    with pytest.raises(ValueError, match="no image"):
        load_image(path)
