"""Test tab Symbols: what is learned equals that of `train.own_classes`, and errors are one sentence."""

import base64
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch

import demo.tabs.symbols.server
import vit
from demo import models, serialize
from demo.model_file import load_file
from demo.page import taught
from demo.requests import EXPIRED, Reader
from demo.shared_column.picture import read_symbol
from demo.shared_column.server import PadServer
from demo.tabs.symbols.server import LEAST_STEPS, NOT_STORED, UNKNOWN_TASK, Symbols, config_for
from demo.tabs.teach.server import Teaching
from demo.tabs.test.server import Evaluation
from demo.tabs.why.server import Explainer
from demo.training.training_queue import Jobs
from demo.training.watched_jobs import EXPIRE_SECONDS
from tests.demo.asking import learned
from tests.demo.test_picture import file_of as picture_file
from tests.symbols import drawings, symbols
from train.own_classes import OwnClassesConfig, learn
from train.own_classes.drawings import drawings_of
from train.synthetic.handwriting import render
from vit import ink
from vit.config import ViTConfig, preset

NAMES = ("triangle", "arrow", "note")
SHORT = OwnClassesConfig(steps=3, images=60)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Learn with a few steps."""
    monkeypatch.setattr(demo.tabs.symbols.server, "config_for", lambda _config: SHORT)


@pytest.fixture
def jobs(tmp_path, clock) -> Iterator[Jobs]:
    all_jobs = Jobs(tmp_path, clock=clock)
    yield all_jobs
    all_jobs.close()


@pytest.fixture
def tab(jobs) -> Iterator[Symbols]:
    answers = Symbols(Reader(jobs.loaded), jobs)
    yield answers
    answers.background.close()


def lesson(tab: Symbols, content: object, **more: Any) -> dict[str, Any]:
    """Start to learn, and ask until it is over."""
    return learned(tab.begin, tab.look, {"symbols": content} | more, "model")


def test_the_model_and_the_left_out_drawings_are_those_of_learn(tab, jobs):
    start = models.shipped_model("digits-4x4")
    answer, content = lesson(tab, symbols(5, NAMES)), symbols(5, NAMES)
    expected = learn(start.model, drawings_of(content)[1], NAMES, SHORT)
    model = jobs.model(answer["model"])
    assert model is not None
    assert all(map(torch.equal, model.state_dict().values(), expected.model.state_dict().values()))
    assert answer["names"] == list(NAMES) and answer["start"] == "digits-4x4" and answer["folds"] == 5
    assert answer["labels"] == [0] * 5 + [1] * 5 + [2] * 5
    assert answer["read"] == expected.logits.argmax(dim=-1).tolist()
    low, high = answer["interval"]
    assert 0 <= low < expected.right / 15 <= high <= 1


def test_the_page_reads_with_the_model_and_its_names(tab, jobs):
    token = lesson(tab, symbols(5, NAMES))["model"]
    drawing = {"strokes": [[list(point) for point in stroke] for stroke in drawings("note", 1, seed=3)[0]]}
    answer = PadServer(tab.reader).read(drawing | {"model": token})
    assert answer["model"]["names"] == list(NAMES)
    assert answer["model"]["summary"] == "the model with 16 patches for 3 symbols of your own, 240,627 parameters."
    assert len(answer["probs"]) == 3 and sum(answer["probs"]) == pytest.approx(1, abs=1e-4)
    loaded = tab.reader.loaded(token)
    with torch.no_grad():
        logits = loaded.model(torch.from_numpy(ink.from_strokes(drawing["strokes"]))[None, None])
    expected = (logits / loaded.calibration.temperature).softmax(dim=-1)[0]
    np.testing.assert_allclose(answer["probs"], expected.numpy(), atol=1e-5)
    assert "values" in Explainer(tab.reader).erased(drawing | {"model": token})


def test_the_model_is_downloaded_as_an_ordinary_model_file(tab, jobs, clock, tmp_path):
    model = jobs.model(lesson(tab, symbols(5, NAMES))["model"])
    token = jobs.adopt(model, {}, "3 symbols of your own", 1.7)
    file = tab.checkpoint({"model": token})
    path = tmp_path / file["name"]
    path.write_bytes(base64.b64decode(file["data"]))
    loaded, stored = load_file(path.read_bytes()), jobs.loaded(token)
    image = np.random.default_rng(0).random((28, 28), np.float32)
    assert vit.load(path).config.class_names == NAMES
    assert loaded.read(image)[1] == stored.read(image)[1]  # with the same temperature
    assert loaded.calibration.temperature == 1.7
    clock.now += EXPIRE_SECONDS + 1
    assert tab.checkpoint({"model": token}) == {"error": NOT_STORED, "expired": True}
    assert tab.checkpoint({}) == tab.checkpoint({"model": 5}) == {"error": NOT_STORED, "expired": True}


def test_what_is_about_digits_says_so(tab, jobs, tmp_path):
    token = lesson(tab, symbols(5, NAMES))["model"]
    assert "MNIST's digits" in Evaluation(tab.reader, tmp_path).test({"model": token})["error"]
    payload = {"start": token, "before": token, "corrections": [{"label": 1, "strokes": [[[5, 5], [90, 90]]]}]}
    assert "something else than the ten digits" in Teaching(tab.reader, jobs).begin(payload)["error"]


def test_symbols_are_learned_from_a_model_of_symbols_or_the_one_that_reads(tab):
    first = lesson(tab, symbols(5, NAMES))["model"]
    second = lesson(tab, symbols(5, NAMES[:2]), start="gone", before=first)
    assert second["start"] == first and second["names"] == list(NAMES[:2])
    assert lesson(tab, symbols(5, NAMES), start="gone", before="gone") == {"error": EXPIRED, "expired": True}


def test_a_picture_is_learned_as_its_pixels(tab, jobs):
    content = symbols(5, NAMES[:2])
    packed = [
        {"name": each["name"], "drawings": [packed_picture(drawing["strokes"]) for drawing in each["drawings"]]}
        for each in content
    ]
    one, other = (jobs.model(lesson(tab, each)["model"]) for each in (content, packed))
    assert one is not None and other is not None
    assert all(map(torch.equal, one.parameters(), other.parameters()))


def packed_picture(strokes: Any) -> dict[str, Any]:
    image = np.rint(255 * ink.from_strokes(strokes)).astype(np.float32) / 255
    return {"picture": serialize.pack(torch.from_numpy(image), "u8")}


def test_a_file_is_one_symbol_of_all_its_ink():
    """A picture of three parts; for the pad it would be two digits or three."""
    dots = [[(40.0, 40.0), (60.0, 160.0)], [(140.0, 40.0), (140.0, 160.0)], [(220.0, 40.0), (240.0, 160.0)]]
    pixels = 255 - np.asarray(render(dots, 14.0))
    answer = read_symbol(picture_file(pixels))
    assert answer == {"image": serialize.pack(torch.from_numpy(ink.from_image(pixels)), "u8")}
    assert "no image that can be read" in read_symbol(b"nothing")["error"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "Between 2 and 10 symbols can be learned, got NoneType."),
        (symbols(4, NAMES), "“triangle” has 4 drawings; between 5 and 40 can be learned."),
        ([{"name": "", "drawings": []}] * 2, "Symbol 1 needs a name of 1 to 20 characters."),
        ([{"name": [], "drawings": {}}, 5], "Symbol 1 needs a name of 1 to 20 characters."),
    ],
)
def test_what_cannot_be_learned_is_said(tab, content, reason):
    assert lesson(tab, content) == {"error": reason}


@pytest.mark.parametrize("task", [None, 5, "unknown", []])
def test_an_unknown_task_is_said(tab, task):
    assert tab.look({"task": task}) == {"error": UNKNOWN_TASK}


def test_a_failure_is_said_and_nothing_is_stored(tab, jobs, monkeypatch):
    monkeypatch.setattr(demo.tabs.symbols.server, "learn", lambda *_: 1 / 0)
    assert lesson(tab, symbols(5, NAMES)) == {"error": "These symbols could not be learned: ZeroDivisionError."}
    monkeypatch.undo()
    monkeypatch.setattr(demo.tabs.symbols.server, "config_for", lambda _config: SHORT)
    jobs.close()
    assert "shutting down" in lesson(tab, symbols(5, NAMES))["error"]


def test_a_slow_model_takes_fewer_steps():
    usual = OwnClassesConfig()
    assert config_for(preset("digits-4x4")) == usual
    finer = config_for(preset("digits-7x7"))
    assert LEAST_STEPS < finer.steps < usual.steps
    slow = config_for(ViTConfig(patch_size=2, embed_dim=192, depth=8, mlp_dim=768))
    assert slow.steps == LEAST_STEPS and slow.images < usual.images


def test_the_browser_remembers_the_model():
    mine, wish = taught({"job": "a", "reads": None}, gr.EventData(None, {"model": "b"}))
    assert (mine, wish["model"]) == ({"job": "a", "reads": "b"}, "b")
