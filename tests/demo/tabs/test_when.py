"""Test tab When: parts of the drawing equal a walk along the pen's path, and the last equals the page's reading."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

from demo.requests import EXPIRED, SMALLEST, Reader
from demo.shared_column.server import PadServer
from demo.tabs.when.server import NO_PATH, When, settled
from tests.demo.packed import unpack
from vit import checkpoint, ink
from vit.ink.pen_path import MAX_STROKE_ENDS, STEPS

EXAMPLES = json.loads((checkpoint.ASSETS / "examples.json").read_text())
FOUR = next(example["strokes"] for example in EXAMPLES if example["label"] == 4)


@pytest.fixture
def when() -> When:
    return When(Reader({}.get))


def walk(strokes, rest: float) -> list:
    """Return the strokes up to a length of the path."""
    parts = []
    for stroke in strokes:
        parts.append([stroke[0][:2]])
        for (x0, y0, *_), (x1, y1, *_) in pairwise(stroke):
            length = math.dist((x0, y0), (x1, y1))
            if length > rest:
                part = rest / length
                return [*parts[:-1], [*parts[-1], [x0 + part * (x1 - x0), y0 + part * (y1 - y0)]]]
            parts[-1].append([x1, y1])
            rest -= length
    return parts


def length(strokes) -> float:
    return sum(math.dist(one[:2], other[:2]) for stroke in strokes for one, other in pairwise(stroke))


@pytest.mark.parametrize("example", EXAMPLES[::4], ids=lambda example: str(example["label"]))
def test_the_last_part_equals_the_reading_exactly(when, example):
    payload = {"strokes": example["strokes"]}
    answer, reading = when.parts(payload), PadServer(when.reader).read(payload)
    assert answer["probs"][-1] == reading["probs"]
    assert (answer["digit"][-1], answer["in_distribution"][-1]) == (reading["digit"], reading["in_distribution"])
    assert (unpack(answer["images"])[-1] == unpack(reading["image"])).all()
    np.testing.assert_allclose(unpack(answer["attention"])[-1], unpack(reading["cls"])[-1].mean(axis=0), atol=2e-5)
    assert answer["share"][-1] == 1
    assert answer["at"][-1] == sum(map(len, example["strokes"]))


def test_a_part_is_the_drawing_up_to_its_share_of_the_path(when):
    answer, loaded = when.parts({"strokes": FOUR}), when.reader.loaded(None)
    total, images = length(FOUR), unpack(answer["images"])
    for part in range(0, len(images) - 1, 3):
        drawn = walk(FOUR, answer["share"][part] * total + 1e-4)
        expected = ink.from_strokes(drawn, SMALLEST)
        np.testing.assert_allclose(images[part], expected, atol=0.01)
        _, prediction = loaded.read(expected)
        np.testing.assert_allclose(answer["probs"][part], prediction.probs, atol=0.02)
        assert answer["in_distribution"][part] == prediction.in_distribution


def test_parts_are_evenly_spaced_and_include_the_end_of_each_stroke(when):
    answer, total = when.parts({"strokes": FOUR}), length(FOUR)
    shares = answer["share"]
    assert shares == sorted(set(shares))
    assert max(np.diff(shares)) <= 1 / STEPS + 1e-5
    for count in range(1, len(FOUR) + 1):
        assert min(abs(share - length(FOUR[:count]) / total) for share in shares) < 1e-5
    ends = np.cumsum([len(stroke) for stroke in FOUR])
    assert set(ends.tolist()) <= set(answer["at"])


@pytest.mark.parametrize(
    ("digits", "since"), [([7], 0), ([1, 1, 7, 7], 2), ([7, 1, 7, 1, 1], 3), ([3, 3], 0), ([3, 5], 1)]
)
def test_settled_is_the_first_part_of_the_last_prediction(digits, since):
    assert settled(digits) == since


def test_the_prediction_does_not_change_after_the_settled_part(when):
    answer = when.parts({"strokes": FOUR})
    digits, since = answer["digit"], answer["settled"]
    assert since > 0
    assert set(digits[since:]) == {digits[-1]} != {digits[since - 1]}
    assert digits == [row.index(max(row)) for row in answer["probs"]]


def test_times_are_those_of_the_pen_if_all_are_valid(when):
    line = [[0, 0, 1000], [100, 0, 1500], [100, 200, 3500]]
    answer = when.parts({"strokes": [line]})
    for share, time in zip(answer["share"], answer["time"], strict=True):
        length = 300 * share
        assert time == pytest.approx(5 * length if length < 100 else 500 + 10 * (length - 100), abs=1)
    for stroke in (
        [[x, y] for x, y, _ in line],
        [*line[:2], [100, 200, 900]],
        [*line[:2], [100, 200, "late"]],
        [*line[:2], [100, 200, 10**400]],
    ):
        assert when.parts({"strokes": [stroke]})["time"] is None


def test_a_part_that_is_only_a_dot_is_left_out(when):
    answer = when.parts({"strokes": [[[140, 20]], [[140, 80], [140, 84], [140, 250]]]})
    assert min(answer["at"]) > 1
    assert len(answer["share"]) == len(answer["probs"]) == len(unpack(answer["images"]))
    assert when.parts({"strokes": [[[10, 10]], [[200, 10]]]})["share"] == [1]


@pytest.mark.parametrize(
    "strokes",
    [
        [[[at * 37.7 % 280, at * 59.3 % 280]] for at in range(20_000)],
        [[[140 + 100 * math.cos(at / 300), 140 + 100 * math.sin(at / 311)] for at in range(10_000)]] * 2,
        [[], [[0, 0], [1e308, 0], [1e308, 1e308]], []],
    ],
    ids=["dots", "scribble", "huge"],
)
def test_the_batch_is_bounded_for_any_drawing(when, strokes):
    answer = when.parts({"strokes": strokes})
    assert 1 < len(answer["share"]) <= STEPS + MAX_STROKE_ENDS <= 48
    assert answer["probs"][-1] == PadServer(when.reader).read({"strokes": strokes})["probs"]
    assert np.isfinite(answer["share"]).all()


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"sample": None}, "MNIST"),
        ({"strokes": []}, "Draw"),
        ({"strokes": [[[1, 1]]]}, "dot"),
        ({"strokes": FOUR, "model": "nobody"}, EXPIRED),
        ({"strokes": [[[0, 0]] * 20_001]}, "at most"),
        (7, "expected"),
    ],
)
def test_an_invalid_request_gets_one_sentence(when, payload, message):
    answer = when.parts(payload)
    assert list(answer) == ["error"]
    assert message in answer["error"]


def test_a_picture_has_no_path(when):
    sample = PadServer(when.reader).sample({})["index"]
    assert when.parts({"sample": sample}) == {"error": NO_PATH}
