"""Answers of tab "Test": measurements of `train.evaluation` for the model that reads, packed for the page."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import ref

import torch

from demo import models
from demo.background import Background
from demo.dataset_fetch import MNIST_BYTES, download_progress
from demo.digit_sheets import COLUMNS, example, pack_gallery, sheet
from demo.models import LoadedModel
from demo.requests import Payload, Reader, class_index, errors_as_answers
from demo.training.cost import ACTIVATION, SPEED, image_cost
from train.data.dataset import Digits, is_here, load
from train.datasets import DATASETS, dataset_with
from train.evaluation.__main__ import summarize_predictions
from train.evaluation.predictions import Predictions, Report, predict, predict_logits
from train.evaluation.robustness import CHANGES, Variations, accuracy_curves, make_variations, sample_digits
from train.score import wilson
from vit import ViTConfig, checkpoint

SLOW = 0.5  # seconds that the changes of one drawing may take, as `seconds` estimates, before they get coarser


class Evaluation:
    """Answer the tab's requests. MNIST's test digits are in `folder`, or are fetched there on request."""

    def __init__(self, reader: Reader, folder: str | Path, background: Background | None = None) -> None:
        self.reader, self.folder = reader, folder
        self.background = background or Background()
        self._digits: Digits | None = None
        self._lock = Lock()

    def test(self, payload: Payload) -> Payload:
        """Answer with the results on all test digits, or their progress (`done`, `of`).

        `from_checkpoint` is the accuracy that the checkpoint of a shipped model has. `missing` says that the test
        digits are not here; `fetched`, in [0, 1], how far their download is.
        """
        return self._answer(payload, "test", measure_test, pack_test)

    def curves(self, payload: Payload) -> Payload:
        """Answer with the accuracy on changed digits, or its progress; as `test`."""
        return self._answer(payload, "curves", robustness_curves, lambda packed: packed)

    @errors_as_answers
    def fetch(self, payload: Payload) -> Payload:
        """Start to fetch MNIST, and answer as `test`."""
        if self.digits() is None:
            self.background.ask("fetch", self._fetch)
        return self.test(payload)

    @errors_as_answers
    def cell(self, payload: Payload) -> Payload:
        """Answer with the digits in the cell of row `written` and column `read`; or `error` with one sentence."""
        loaded, digits = self._loaded(payload), self.digits()
        place = [class_index(name, payload.get(name)) for name in ("written", "read")]
        task = self.background.look(task_name(loaded, "test"))
        if task is None or task.value is None or digits is None:
            raise ValueError("These digits have not been read yet. Wait a moment.")
        predictions = task.value[0]
        return pack_gallery(predictions, digits, predictions.cell(*place))

    @errors_as_answers
    def changed_drawing(self, payload: Payload) -> Payload:
        """Answer with the readings of a drawing that is moved, turned and written with other pens; or `error`."""
        image, loaded = self.reader.image_and_model(payload)
        check_digit_model(loaded)
        fine = seconds(loaded.model.config) < SLOW
        return pack_changes(loaded, make_variations(torch.from_numpy(image), fine))

    def digits(self) -> Digits | None:
        """Return the test digits, loaded once; None where they must be fetched first."""
        with self._lock:
            if self._digits is None and is_here("test", self.folder):
                self._digits = load("test", self.folder)
            return self._digits

    def _loaded(self, payload: Payload) -> LoadedModel:
        """Return the model that a payload names; errors as in `Reader.loaded`, or a `ValueError`."""
        if not isinstance(payload, dict):
            raise ValueError(f"expected a model's name, got {type(payload).__name__}")
        return check_digit_model(self.reader.loaded(payload.get("model")))

    def _fetch(self, report: Report) -> bool:
        load("test", self.folder, download_progress(report))
        return True

    @errors_as_answers
    def _answer(
        self,
        payload: Payload,
        kind: str,
        measure: Callable[[LoadedModel, Digits, Report], Any],
        pack: Callable[[Any], Payload],
    ) -> Payload:
        """Answer with the result of a measurement, or with its progress."""
        loaded = self._loaded(payload)
        digits, known = self.digits(), {"from_checkpoint": checkpoint_accuracy(payload.get("model"))}
        if digits is None:
            return known | self._missing()
        task = self.background.ask(task_name(loaded, kind), partial(measure, loaded, digits))
        return known | (pack(task.value) if task.value is not None else {"done": task.done, "of": task.total})

    def _missing(self) -> Payload:
        """Pack that the digits are missing, and how far their download is; errors as in `Background.ask`."""
        if self.background.look("fetch") is None:
            return {"missing": True}
        task = self.background.ask("fetch", self._fetch)
        return {"missing": True, "fetched": min(task.done / MNIST_BYTES, 1.0)}


def check_digit_model(loaded: LoadedModel) -> LoadedModel:
    """Return the model if its classes are the ten digits; else raise a `ValueError`."""
    names = loaded.model.config.class_names
    if names != DATASETS["mnist"].names:
        title = DATASETS[dataset_with(names)].title if dataset_with(names) != "mnist" else "another set"
        raise ValueError(f"These tests are of MNIST's digits, and this model has learned {title}.")
    return loaded


def task_name(loaded: LoadedModel, kind: str) -> Hashable:
    """Name a measurement of a model; the name does not keep the model in memory."""
    return ref(loaded.model), kind


def checkpoint_accuracy(name: object) -> Payload | None:
    """Return the test accuracy in the checkpoint of a shipped model; None where there is none."""
    name = models.default_name() if name is None else name
    test = header_figures(checkpoint.ASSETS / f"{name}.safetensors").get("test") if name in models.shipped() else None
    if not test:
        return None
    count = int(test.get("images", 10_000))
    return {"accuracy": test["accuracy"], "interval": list(wilson(test["accuracy"], count)), "images": count}


@cache
def header_figures(path: Path) -> dict[str, Any]:
    """Return the measurements in the header of a checkpoint."""
    return checkpoint.read_header(path).figures


def measure_test(loaded: LoadedModel, digits: Digits, report: Report) -> tuple[Predictions, Payload]:
    """Read all test digits; return the predictions, and the packed pictures of the worst mistakes."""
    predictions = predict(loaded.model, digits, loaded.calibration, report)
    return predictions, pack_gallery(predictions, digits, predictions.mistakes())


def pack_test(result: tuple[Predictions, Payload]) -> Payload:
    """Pack the result of `measure_test`: counts, worst mistakes and the calibration.

    A bin of the calibration is the number of digits, their mean probability, their accuracy and its 95 % interval.
    """
    predictions, worst = result
    diagram = predictions.calibration
    rows = zip(diagram.counts.tolist(), diagram.confidence.tolist(), diagram.right.tolist(), strict=True)
    bins = [[count, confidence, accuracy, *wilson(accuracy, count)] for count, confidence, accuracy in rows if count]
    return summarize_predictions(predictions) | {"worst": worst, "calibration": {"error": diagram.error, "bins": bins}}


def robustness_curves(loaded: LoadedModel, digits: Digits, report: Report) -> Payload:
    """Measure the accuracy on changed digits, and pack it with a description of each change."""
    chosen = sample_digits(digits)
    accuracies = accuracy_curves(loaded.model, chosen, report)
    ways = [
        {"name": name, "title": way.title, "unit": way.unit, "unchanged": way.unchanged, "amounts": way.amounts}
        for name, way in CHANGES.items()
    ]
    return {"images": len(chosen), "curves": accuracies, "ways": ways, "sheet": example(), "columns": COLUMNS}


def seconds(config: ViTConfig) -> float:
    """Estimate the seconds that one thread needs for all changes of one drawing."""
    macs, written, _ = image_cost(config)
    return 274 * (macs + ACTIVATION * written) / SPEED


def pack_changes(loaded: LoadedModel, changed: Variations) -> Payload:
    """Pack the readings of a drawing's changes: digits, their probabilities, and pictures of all but the shifts."""
    probs = loaded.calibration.probs(predict_logits(loaded.model, changed.images))
    confidence, digits = probs.max(dim=-1)
    return {
        "shifts": changed.shifts,
        "angles": changed.angles,
        "pens": changed.pens,
        "digits": digits.tolist(),
        "confidence": [round(share, 4) for share in confidence.tolist()],
        "sheet": sheet(changed.images[changed.first_rotated :, 0]),
        "columns": COLUMNS,
    }
