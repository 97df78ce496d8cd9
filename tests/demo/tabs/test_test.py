"""Test tab Test: its answers are the measurements of `train`, and background work ends when nobody asks for it."""

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import demo.tabs.test.server
import vit
from demo import background, models
from demo.background import Background
from demo.dataset_fetch import MNIST_BYTES
from demo.models import LoadedModel
from demo.requests import EXPIRED, Reader
from demo.tabs.test.server import Evaluation
from tests.demo.asking import answer_of, wait_for
from tests.train.idx import small_set, write
from train.data.dataset import DataError, Digits, load
from train.datasets import DATASETS
from train.evaluation.predictions import predict
from train.evaluation.robustness import CHANGES, accuracy_curves, make_variations
from train.score import confusion_matrix
from vit import VisionTransformer, ViTConfig, checkpoint, ink

EXAMPLES = json.loads((checkpoint.ASSETS / "examples.json").read_text())
SEVEN = {"strokes": EXAMPLES[0]["strokes"]}


@pytest.fixture
def folder(tmp_path):
    return write(small_set(test=200), tmp_path / "data")


@pytest.fixture
def digits(folder) -> Digits:
    return load("test", folder)


@pytest.fixture
def loaded_models() -> dict[str, LoadedModel]:
    return {}


@pytest.fixture
def tab(folder, loaded_models) -> Iterator[Evaluation]:
    evaluation = Evaluation(Reader(loaded_models.get), folder)
    yield evaluation
    evaluation.background.close()


def pictures(packed: dict[str, Any], count: int) -> np.ndarray:
    """Return the first `count` pictures of a sheet, (count, 28, 28) uint8."""
    with Image.open(io.BytesIO(base64.b64decode(packed["sheet"]))) as sheet:
        pixels = np.asarray(sheet)
    rows = pixels.reshape(len(pixels) // 28, 28, packed["columns"], 28).transpose(0, 2, 1, 3)
    return rows.reshape(-1, 28, 28)[:count]


def test_the_test_has_the_measurements_of_train(tab, digits):
    answer, loaded = answer_of(tab.test, {}), models.shipped_model("digits-4x4")
    predictions = predict(loaded.model, digits, loaded.calibration)
    assert answer["images"] == len(digits)
    assert answer["accuracy"] == predictions.accuracy
    assert answer["interval"] == list(predictions.interval)
    assert answer["confusion"] == confusion_matrix(predictions.labels, predictions.digits, 10).tolist()
    assert answer["calibration"]["error"] == predictions.calibration.error
    assert [row[0] for row in answer["calibration"]["bins"]] == [
        n for n in predictions.calibration.counts.tolist() if n
    ]
    worst = answer["worst"]
    assert worst["count"] == len(predictions.mistakes())
    places = [one["index"] for one in worst["digits"]]
    assert places == predictions.mistakes()[:60].tolist()
    np.testing.assert_array_equal(pictures(worst, len(places)), digits.images[places].numpy())
    for one in worst["digits"]:
        assert one["written"] == digits.labels[one["index"]]
        np.testing.assert_allclose(one["probs"], predictions.probs[one["index"]].numpy(), atol=6e-5)


def test_a_cell_of_the_confusion_matrix_has_its_digits(tab, digits):
    table = answer_of(tab.test, {})["confusion"]
    for written, read in [(row, column) for row in range(10) for column in range(10) if row < 3 or table[row][column]]:
        cell = tab.cell({"written": written, "read": read})
        assert cell["count"] == len(cell["digits"]) == table[written][read]
        assert all((one["written"], one["read"]) == (written, read) for one in cell["digits"])
        if cell["count"]:
            places = [one["index"] for one in cell["digits"]]
            np.testing.assert_array_equal(pictures(cell, len(places)), digits.images[places].numpy())


def test_the_robustness_curves_are_those_of_train(tab, digits):
    answer = answer_of(tab.curves, {"model": "digits-4x4"})
    assert answer["images"] == len(digits)
    assert answer["curves"] == accuracy_curves(vit.load("digits-4x4"), digits)
    assert [change["name"] for change in answer["ways"]] == list(CHANGES)
    shown = pictures(answer, sum(len(change["amounts"]) for change in answer["ways"]))
    start = 0
    for change in answer["ways"]:  # each change includes the unchanged digit
        np.testing.assert_array_equal(shown[start + change["amounts"].index(change["unchanged"])], shown[6])
        start += len(change["amounts"])


@pytest.mark.parametrize("patch_size", [7, 2])
def test_changed_drawings_are_read_like_each_image_alone(patch_size, tab, loaded_models, monkeypatch):
    torch.manual_seed(patch_size)
    config = ViTConfig(patch_size=patch_size, embed_dim=8, depth=1, num_heads=2, mlp_dim=8)
    loaded_models["mine"] = LoadedModel(VisionTransformer(config).eval(), "mine")
    fine = patch_size == 7
    monkeypatch.setattr(demo.tabs.test.server, "seconds", lambda config: 0.1 if config.patch_size == 7 else 5.0)
    for token, loaded in {
        "mine": loaded_models["mine"],
        **({"digits-4x4": models.shipped_model("digits-4x4")} if fine else {}),
    }.items():
        answer = tab.changed_drawing(SEVEN | {"model": token})
        changed = make_variations(torch.from_numpy(ink.from_strokes(SEVEN["strokes"])), fine)
        alone = [loaded.read(image[0].numpy())[1] for image in changed.images]
        assert answer["digits"] == [prediction.digit for prediction in alone]
        np.testing.assert_allclose(answer["confidence"], [max(prediction.probs) for prediction in alone], atol=1e-4)
        assert (answer["shifts"], answer["angles"], answer["pens"]) == (changed.shifts, changed.angles, changed.pens)
        others = changed.images[changed.first_rotated :, 0].numpy()
        np.testing.assert_allclose(pictures(answer, len(others)) / 255, others, atol=0.003)
    assert len(set(tab.changed_drawing(SEVEN)["digits"])) > 1


def test_a_larger_model_takes_longer():
    small, large = vit.preset("digits-4x4"), vit.preset("digits-7x7")
    assert 0 < demo.tabs.test.server.seconds(small) < demo.tabs.test.server.seconds(large) < demo.tabs.test.server.SLOW


def test_a_shipped_model_has_its_checkpoint_accuracy_at_once(tab, loaded_models):
    header = checkpoint.read_header("digits-4x4").figures["test"]
    stored = tab.test({})["from_checkpoint"]
    assert stored["accuracy"] == header["accuracy"]
    assert stored["interval"] == pytest.approx(header["interval"], abs=1e-6)
    loaded_models["mine"] = models.shipped_model("digits-4x4")
    assert tab.test({"model": "mine"})["from_checkpoint"] is None


def test_two_visitors_with_one_model_share_one_evaluation(tab, loaded_models, monkeypatch):
    loaded_models["mine"] = models.shipped_model("digits-4x4")
    answer_of(tab.test, {})
    monkeypatch.setattr(demo.tabs.test.server, "predict", None)  # a second evaluation would fail
    assert tab.test({"model": "mine"})["images"] == 200


def test_missing_digits_are_fetched_on_request(tmp_path, monkeypatch, digits):
    tab, began, go_on = Evaluation(Reader({}.get), tmp_path / "empty"), threading.Event(), threading.Event()

    def loading(split: str, folder: object, progress: Any = None) -> Digits:
        if progress:
            progress(MNIST_BYTES // 4, None, "images")
            began.set()
            go_on.wait(30)
            monkeypatch.setattr(demo.tabs.test.server, "is_here", lambda *_: True)
        return digits

    monkeypatch.setattr(demo.tabs.test.server, "load", loading)
    try:
        assert tab.test({}).get("missing")
        assert "fetched" not in tab.curves({})
        assert tab.changed_drawing(SEVEN)["digits"][112] == 7  # this needs no test digits
        tab.fetch({})
        assert began.wait(30)
        assert tab.test({})["fetched"] == pytest.approx(0.25, abs=0.01)
        go_on.set()
        wait_for(lambda: not tab.test({}).get("missing"))
        assert answer_of(tab.test, {})["images"] == len(digits)
    finally:
        go_on.set()
        tab.background.close()


def test_a_failed_download_says_why_and_can_be_repeated(tmp_path, monkeypatch):
    def failing(split: str, folder: object, progress: Any = None) -> Digits:
        raise DataError("There is no network.")

    monkeypatch.setattr(demo.tabs.test.server, "load", failing)
    tab = Evaluation(Reader({}.get), tmp_path)
    for _ in range(2):
        answer = tab.fetch({})
        until = time.monotonic() + 30
        while "error" not in answer and time.monotonic() < until:
            answer = tab.test({})
        assert answer["error"] == "There is no network."
        assert tab.test({}).get("missing")
    tab.background.close()


@pytest.mark.parametrize(
    ("ask", "payload", "message"),
    [
        ("test", {"model": "nobody"}, EXPIRED),
        ("curves", {"model": 5}, EXPIRED),
        ("test", [], "a model's name"),
        ("fetch", "now", "a model's name"),
        ("cell", None, "a model's name"),
        ("test", {"model": ["digits-4x4"]}, EXPIRED),
        ("cell", {"model": "nobody", "written": 1, "read": 2}, EXPIRED),
        ("cell", {"written": 1, "read": 2}, "not been read yet"),
        ("cell", {"written": 10, "read": 2}, "a digit from 0 to 9"),
        ("cell", {"written": True, "read": 2}, "a digit from 0 to 9"),
        ("cell", {"written": 1}, "a digit from 0 to 9"),
        ("changed_drawing", {"strokes": []}, "no ink"),
        ("changed_drawing", SEVEN | {"model": "nobody"}, EXPIRED),
    ],
)
def test_an_invalid_request_gets_one_sentence(tab, ask, payload, message):
    answer = getattr(tab, ask)(payload)
    assert list(answer) == ["error"]
    assert message in answer["error"]


class PausedWork:
    """Work that reports its progress, and continues when the test allows it."""

    def __init__(self) -> None:
        self.started, self.go = threading.Event(), threading.Event()

    def __call__(self, report: Callable[[int, int], object]) -> str:
        report(1, 2)
        self.started.set()
        assert self.go.wait(30)
        report(2, 2)
        return "done"


def waits(work: Background, name: object) -> bool:
    task = work.look(name)
    return task is not None and task.pending


def test_abandoned_work_ends_and_restarts_on_request():
    now, paused = [0.0], PausedWork()
    work = Background(lambda: now[0])
    assert work.ask("it", paused).value is None
    assert paused.started.wait(30)
    now[0] = background.IDLE + 1
    paused.go.set()
    work.ask("next", lambda _: "other")
    wait_for(lambda: not waits(work, "next"))
    assert work.look("it") is None
    again = work.ask("it", paused)
    wait_for(lambda: not again.pending)
    assert (again.value, again.done, again.total) == ("done", 2, 2)
    work.close()


def test_background_limits_results_and_queue_and_reports_an_error_once(caplog):
    work, paused = Background(stored=2, waiting=3), PausedWork()
    work.ask(0, paused)
    for name in (1, 2):
        work.ask(name, lambda _: "value")
    with pytest.raises(ValueError, match="Many people"):
        work.ask(3, paused)
    paused.go.set()
    wait_for(lambda: not any(waits(work, name) for name in range(3)))
    work.ask(3, lambda _: 1 / 0)
    stored = [name for name in range(3) if work.look(name)]
    assert stored == [1, 2]
    wait_for(lambda: not waits(work, 3))
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        work.ask(3, paused)
    assert work.ask(3, paused).error == ""
    work.close()


def test_damaged_digits_get_one_sentence(folder):
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"nothing")
    tab = Evaluation(Reader({}.get), folder)
    for ask in (tab.test, tab.curves, tab.fetch):
        assert "is not an IDX file" in ask({})["error"]


def test_a_model_of_other_classes_is_not_tested_on_digits(tab, loaded_models):
    """A model of unknown classes is not tested either."""
    clothes, yes_or_no = DATASETS["fashion-mnist"].names, ("yes", "no")
    for name, names, what in (("clothes", clothes, "Fashion-MNIST"), ("unsure", yes_or_no, "another set")):
        model = VisionTransformer(ViTConfig(depth=1, num_classes=len(names), names=names)).eval()
        loaded_models[name] = LoadedModel(model, "")
        for ask in (tab.test, tab.curves, tab.cell, tab.changed_drawing):
            answer = ask(SEVEN | {"model": name, "written": 1, "read": 1})
            assert answer == {"error": f"These tests are of MNIST's digits, and this model has learned {what}."}
