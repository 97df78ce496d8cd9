"""Test tab Teach: lessons equal those of `train.correction`, and errors are one sentence."""

import gc
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch

import demo.tabs.teach.server
from demo import models, serialize
from demo.requests import EXPIRED, Reader
from demo.shared_column.server import PadServer
from demo.tabs.teach import taught
from demo.tabs.teach.lesson_request import MAX_CORRECTIONS
from demo.tabs.teach.server import MAX_STEPS, UNKNOWN_LESSON, Teaching, lesson_for, sample_of
from demo.training.training_queue import Jobs
from tests.demo.asking import learned
from tests.demo.training.jobs_data import TINY
from tests.train.idx import small_set, write
from train.correction import CorrectionConfig, correct
from train.data.dataset import DataError, Digits, load
from train.evaluation.predictions import predict_logits
from vit import VisionTransformer, checkpoint, ink

EXAMPLES = {one["label"]: one["strokes"] for one in json.loads((checkpoint.ASSETS / "examples.json").read_text())}
MIRRORED = {label: [[[280 - x, y] for x, y, *_ in stroke] for stroke in EXAMPLES[label]] for label in EXAMPLES}
SEVEN, TWO = ({"label": label, "strokes": MIRRORED[label]} for label in (7, 2))
LINE = [[[20, 20], [200, 200]]]


@pytest.fixture
def folder(tmp_path):
    return write(small_set(train=400, test=200), tmp_path / "data")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Use lessons of a few steps."""
    monkeypatch.setattr(demo.tabs.teach.server, "lesson_for", lambda _number: CorrectionConfig(steps=6))


@pytest.fixture
def jobs(folder) -> Iterator[Jobs]:
    all_jobs = Jobs(folder)
    yield all_jobs
    all_jobs.close()


@pytest.fixture
def tab(jobs) -> Iterator[Teaching]:
    teaching = Teaching(Reader(jobs.loaded), jobs)
    yield teaching
    teaching.background.close()


def lesson(tab: Teaching, *corrections: dict, **more: Any) -> dict[str, Any]:
    """Start a lesson, and ask until it is over."""
    return learned(tab.begin, tab.look, {"corrections": list(corrections)} | more, "drawings")


def digits_of(corrections: list[dict]) -> Digits:
    images = [np.rint(255 * ink.from_strokes(one["strokes"])).astype(np.uint8) for one in corrections]
    return Digits(torch.from_numpy(np.stack(images)), torch.tensor([one["label"] for one in corrections]))


def test_the_taught_model_equals_that_of_correct(tab, jobs, folder):
    start = models.shipped_model("digits-4x4")
    before = [weight.clone() for weight in start.model.parameters()]
    outcome = lesson(tab, SEVEN, TWO)
    expected = correct(
        start.model, digits_of([SEVEN, TWO]), sample_of(load("train", folder), 10_000), CorrectionConfig(steps=6)
    )
    student = jobs.model(outcome["model"])
    assert student is not None
    assert all(map(torch.equal, student.parameters(), expected.model.parameters()))
    assert all(map(torch.equal, start.model.parameters(), before))
    assert (outcome["steps"], outcome["learned"], outcome["name"]) == (
        expected.steps,
        expected.learned,
        "the model with 16 patches",
    )
    for one, drawing in zip((SEVEN, TWO), outcome["drawings"], strict=True):
        before_lesson = start.read(ink.from_strokes(one["strokes"]))[1].probs
        after_lesson = PadServer(tab.reader).read({"strokes": one["strokes"], "model": outcome["model"]})[
            "probs"
        ]  # as the pad will show it
        np.testing.assert_allclose(drawing["before"], before_lesson, atol=1e-6)
        np.testing.assert_allclose(drawing["after"], after_lesson, atol=1e-6)


def test_forgotten_and_gained_digits_are_counted(tab, jobs, folder):
    outcome, test = lesson(tab, SEVEN, {"label": 4, "strokes": EXAMPLES[9]}), load("test", folder)
    student = jobs.model(outcome["model"])
    assert student is not None
    before_lesson, after_lesson = (
        predict_logits(one, test.images).argmax(dim=-1).tolist()
        for one in (models.shipped_model("digits-4x4").model, student)
    )
    rows = list(zip(test.labels.tolist(), before_lesson, after_lesson, strict=True))
    forgotten, gained = (
        [row for row in rows if (row[1] == row[0], row[2] == row[0]) == side] for side in ((1, 0), (0, 1))
    )
    result = outcome["test"]
    assert (result["of"], result["all"]) == (200, True)
    assert result["before"] == sum(label == digit for label, digit, _ in rows)
    assert result["after"] == sum(label == digit for label, _, digit in rows)
    assert (result["forgotten"], result["gained"]) == (len(forgotten), len(gained))
    assert result["changed"] == [list(row) for row in forgotten[:10] + gained[:5]]


def test_each_lesson_starts_from_the_same_model(tab, jobs):
    first = lesson(tab, SEVEN)["model"]
    second = lesson(tab, SEVEN, TWO, start="digits-4x4", before=first)
    again = lesson(tab, SEVEN, TWO)
    one, other = jobs.model(second["model"]), jobs.model(again["model"])
    assert one is not None
    assert other is not None
    assert second["start"] == again["start"] == "digits-4x4"
    assert all(map(torch.equal, one.parameters(), other.parameters()))
    before = PadServer(tab.reader).read({"strokes": SEVEN["strokes"], "model": first})["probs"]
    np.testing.assert_allclose(second["drawings"][0]["before"], before, atol=1e-6)


def test_a_picture_is_taught_as_its_pixels(tab, jobs):
    """A drawing sent as 28 x 28 pixels teaches the same, up to rounding to bytes."""
    image = np.rint(255 * ink.from_strokes(SEVEN["strokes"])).astype(np.float32) / 255
    picture = {"label": 7, "picture": serialize.pack(torch.from_numpy(image), "u8")}
    one, other = (jobs.model(lesson(tab, correction)["model"]) for correction in (SEVEN, picture))
    assert one is not None
    assert other is not None
    assert all(map(torch.equal, one.parameters(), other.parameters()))


def test_no_drawing_is_stored(tab, jobs, tmp_path):
    outcome = lesson(tab, SEVEN)
    until = time.monotonic() + 30
    while len(tab._requests) and time.monotonic() < until:  # its thread deletes it soon
        gc.collect()
        time.sleep(0.01)
    assert len(tab._requests) == 0
    assert jobs.save(outcome["model"], tmp_path / "mine.safetensors")
    recipe = checkpoint.read_header(tmp_path / "mine.safetensors").recipe
    assert recipe["taught"] == "digits-4x4"
    assert recipe["corrections"] == [7]
    assert "strokes" not in json.dumps(recipe)
    assert set(checkpoint.read_file(tmp_path / "mine.safetensors")[1]) == set(
        models.shipped_model("digits-4x4").model.state_dict()
    )


def test_a_model_that_is_no_longer_stored_is_replaced_by_the_loaded_one(tab):
    first = lesson(tab, SEVEN)["model"]
    outcome = lesson(tab, SEVEN, start="gone", before=first)
    assert (outcome["start"], outcome["name"]) == (first, "your model")
    assert lesson(tab, SEVEN, start="gone", before="gone as well") == {"error": EXPIRED}


def test_a_slow_model_is_tested_on_a_sample(tab, monkeypatch):
    monkeypatch.setattr(demo.tabs.teach.server, "MAX_TEST_SECONDS", 0.0)
    monkeypatch.setattr(demo.tabs.teach.server, "TEST_SAMPLE", 50)
    result = lesson(tab, SEVEN)["test"]
    assert (result["of"], result["all"]) == (50, False)


@pytest.mark.parametrize(
    ("corrections", "named"),
    [
        (None, "got NoneType"),
        ("<b>", "got str"),
        ([], "got 0"),
        ([SEVEN] * (MAX_CORRECTIONS + 1), f"got {MAX_CORRECTIONS + 1}"),
        ([SEVEN, 5], "strokes or a picture, and a label"),
        ([{"strokes": LINE}], "label must be a digit"),
        ([{"strokes": LINE, "label": 10}], "label must be a digit"),
        ([{"strokes": LINE, "label": True}], "label must be a digit"),
        ([{"strokes": LINE, "label": "<img onerror=alert(1)>"}], "label must be a digit"),
        ([{"label": 1}], "strokes must be"),
        ([{"label": 1, "strokes": [5]}], "strokes must be"),
        ([{"label": 1, "picture": 5}], "expected a picture"),
        ([{"label": 1, "strokes": [[["a", "b"]]]}], "lists of points"),
        ([{"label": 1, "strokes": [[[1, 1]]]}], "only a dot"),
        ([{"label": 1, "strokes": [[[0, 0]] * 1500, [[9, 9]] * 1500]}], "3,000 points"),
    ],
)
def test_an_invalid_correction_gets_one_sentence(tab, corrections, named):
    answer = tab.begin({"corrections": corrections})
    assert list(answer) == ["error"]
    assert named in answer["error"]


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"task": 5}, {"task": ["x"]}, {"task": "unknown"}])
def test_an_unknown_lesson_gets_one_sentence(tab, payload):
    assert tab.look(payload) == {"error": UNKNOWN_LESSON}


def test_digits_that_cannot_be_fetched_get_one_sentence_and_the_next_lesson_runs(tab, monkeypatch):
    def fail(*_args):
        raise DataError("MNIST could not be fetched.")

    with monkeypatch.context() as patched:
        patched.setattr(demo.tabs.teach.server, "load", fail)
        assert lesson(tab, SEVEN) == {"error": "MNIST could not be fetched."}
    assert "drawings" in lesson(tab, SEVEN)


def test_a_server_without_room_for_models_says_so(tab, monkeypatch):
    def full(*_args):
        raise ValueError("there is no room for more models")

    monkeypatch.setattr(tab.jobs, "adopt", full)
    assert lesson(tab, SEVEN) == {"error": "This could not be taught: there is no room for more models."}


def test_steps_grow_with_the_corrections_up_to_a_limit():
    steps = [lesson_for(number).steps for number in range(1, MAX_CORRECTIONS + 1)]
    assert steps[0] == CorrectionConfig().steps
    assert steps == sorted(steps)
    assert steps[0] < steps[4] < steps[-1] == MAX_STEPS


def test_the_page_remembers_which_model_reads():
    mine, wish = taught({"job": "a", "reads": None}, gr.EventData(None, {"model": "token"}))
    assert (mine, wish["model"], wish["remembered"]) == ({"job": "a", "reads": "token"}, "token", False)
    mine, wish = taught(mine, gr.EventData(None, {"model": "digits-4x4"}))
    assert (mine, wish["model"]) == ({"job": "a", "reads": None}, "digits-4x4")
    assert taught("x", gr.EventData(None, {"model": "token"}))[0] == {"reads": "token"}


def test_a_model_of_other_classes_is_not_taught_digits(tab):
    config = replace(TINY, num_classes=2, names=("cat", "dog"))
    token = tab.jobs.adopt(VisionTransformer(config), {}, "cats and dogs")
    drawn = {"strokes": [[[60, 60], [220, 60], [120, 230]]], "label": 7}
    answer = tab.begin({"corrections": [drawn], "start": token, "before": token})
    assert "something else than the ten digits" in answer["error"]
