"""How good is it? The answers of tab "Test": what `train.evaluation` measures of the model that reads, packed."""

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
from demo.dataset_fetch import MNIST_BYTES, fetched
from demo.digit_sheets import COLUMNS, example, gallery, sheet
from demo.models import LoadedModel
from demo.requests import Payload, Reader, answered, digit_of
from demo.training.cost import ACTIVATION, SPEED, image_cost
from train.data.dataset import Digits, is_here, load
from train.datasets import DATASETS, dataset_with
from train.evaluation.__main__ import counted
from train.evaluation.predictions import Readings, Report, read, readings
from train.evaluation.robustness import CHANGES, Around, around, curves, some
from train.score import wilson
from vit import ViTConfig, checkpoint

SLOW = 0.5  # seconds that the map of one drawing may take, as `seconds` guesses, before it is made coarser


class Evaluation:
    """Answer the tab's requests. MNIST's test digits lie in `folder`, or are fetched there if the visitor wants it."""

    def __init__(self, reader: Reader, folder: str | Path, background: Background | None = None) -> None:
        self.reader, self.folder = reader, folder
        self.background = background or Background()
        self._digits: Digits | None = None
        self._lock = Lock()

    def test(self, payload: Payload) -> Payload:
        """Answer with what reading all test digits found, or how far that is; `told` is what the checkpoint says.

        `missing` says that the digits are not here; `fetched`, in [0, 1], that they are on their way.
        """
        return self._answer(payload, "test", lambda loaded, digits: partial(tested, loaded, digits), packed)

    def curves(self, payload: Payload) -> Payload:
        """Answer with the accuracy on changed digits, or how far that is; as `test`."""
        return self._answer(
            payload, "curves", lambda loaded, digits: partial(changed, loaded, digits), lambda found: found
        )

    @answered
    def fetch(self, payload: Payload) -> Payload:
        """Begin to fetch MNIST, and answer as `test`, which from then on says how far the fetch is."""
        if self.digits() is None:
            self.background.ask("fetch", self._fetch)
        return self.test(payload)

    @answered
    def cell(self, payload: Payload) -> Payload:
        """Answer with the digits behind the cell of row `written` and column `read`; or `error` with one sentence."""
        loaded, digits = self._loaded(payload), self.digits()
        place = [digit_of(name, payload.get(name)) for name in ("written", "read")]
        task = self.background.look(named(loaded, "test"))
        if task is None or task.value is None or digits is None:
            raise ValueError("These digits have not been read yet. Wait a moment.")
        found = task.value[0]
        return gallery(found, digits, found.cell(*place))

    @answered
    def around(self, payload: Payload) -> Payload:
        """Answer with what a drawing is read as when it is moved, turned and rewritten; or `error`."""
        image, loaded = self.reader.asked(payload)
        reads_digits(loaded)
        fine = seconds(loaded.model.config) < SLOW
        return map_of(loaded, around(torch.from_numpy(image), fine))

    def digits(self) -> Digits | None:
        """Return the test digits, None where they would have to be fetched; once here they stay in memory."""
        with self._lock:
            if self._digits is None and is_here("test", self.folder):
                self._digits = load("test", self.folder)
            return self._digits

    def _loaded(self, payload: Payload) -> LoadedModel:
        """Return the model that a payload names; errors as in `Reader.loaded`, or a `ValueError`."""
        if not isinstance(payload, dict):
            raise ValueError(f"expected a model's name, got {type(payload).__name__}")
        return reads_digits(self.reader.loaded(payload.get("model")))

    def _fetch(self, report: Report) -> bool:
        load("test", self.folder, fetched(report))
        return True

    @answered
    def _answer(
        self,
        payload: Payload,
        kind: str,
        work: Callable[[LoadedModel, Digits], Callable[[Report], Any]],
        pack: Callable[[Any], Payload],
    ) -> Payload:
        """Answer how far some work is, or with what it found."""
        loaded = self._loaded(payload)
        digits, known = self.digits(), {"told": told(payload.get("model"))}
        if digits is None:
            return known | self._missing()
        task = self.background.ask(named(loaded, kind), work(loaded, digits))
        return known | (pack(task.value) if task.value is not None else {"done": task.done, "of": task.of})

    def _missing(self) -> Payload:
        """Tell whether the digits are on their way; errors as in `Background.ask`."""
        if self.background.look("fetch") is None:
            return {"missing": True}
        task = self.background.ask("fetch", self._fetch)
        return {"missing": True, "fetched": min(task.done / MNIST_BYTES, 1.0)}


def reads_digits(loaded: LoadedModel) -> LoadedModel:
    """Return the loaded if its classes are the ten digits, of which all tests here are; else raise a `ValueError`."""
    names = loaded.model.config.class_names
    if names != DATASETS["mnist"].names:
        title = DATASETS[dataset_with(names)].title if dataset_with(names) != "mnist" else "another set"
        raise ValueError(f"These tests are of MNIST's digits, and this model has learned {title}.")
    return loaded


def named(loaded: LoadedModel, kind: str) -> Hashable:
    """Name some work on a model; the name does not keep the model in memory."""
    return ref(loaded.model), kind


def told(name: object) -> Payload | None:
    """Return the test accuracy that the checkpoint of a shipped model tells, None where there is none."""
    name = models.first() if name is None else name
    test = header_figures(checkpoint.ASSETS / f"{name}.safetensors").get("test") if name in models.shipped() else None
    if not test:
        return None
    count = int(test.get("images", 10_000))
    return {"accuracy": test["accuracy"], "interval": list(wilson(test["accuracy"], count)), "images": count}


@cache
def header_figures(path: Path) -> dict[str, Any]:
    """Return what was measured of a checkpoint, as its header has it."""
    return checkpoint.read_header(path).figures


def tested(loaded: LoadedModel, digits: Digits, report: Report) -> tuple[Readings, Payload]:
    """Read all the digits; return the readings, and the pictures of the worst mistakes."""
    found = readings(loaded.model, digits, loaded.calibration, report)
    return found, gallery(found, digits, found.mistakes())


def packed(value: tuple[Readings, Payload]) -> Payload:
    """Pack what `tested` found."""
    found, worst = value
    bins = found.calibration
    return counted(found) | {
        "worst": worst,
        "calibration": {
            "error": bins.error,
            "bins": [
                [count, sure, right, *wilson(right, count)]
                for count, sure, right in zip(
                    bins.counts.tolist(), bins.sure.tolist(), bins.right.tolist(), strict=True
                )
                if count
            ],
        },
    }


def changed(loaded: LoadedModel, digits: Digits, report: Report) -> Payload:
    """Measure how a model reads changed digits, and pack it with what each change is."""
    chosen = some(digits)
    found = curves(loaded.model, chosen, report)
    ways = [
        {"name": name, "title": way.title, "unit": way.unit, "nothing": way.nothing, "amounts": way.amounts}
        for name, way in CHANGES.items()
    ]
    return {"images": len(chosen), "curves": found, "ways": ways, "sheet": example(), "columns": COLUMNS}


def seconds(config: ViTConfig) -> float:
    """Return about how long one thread takes for the map of one drawing in fine steps."""
    macs, written, _ = image_cost(config)
    return 274 * (macs + ACTIVATION * written) / SPEED


def map_of(loaded: LoadedModel, changed: Around) -> Payload:
    """Pack how a model reads a drawing and its changes: the digits, how sure of them, and pictures of all but moves."""
    probs = loaded.calibration.probs(read(loaded.model, changed.images))
    sure, digits = probs.max(dim=-1)
    return {
        "shifts": changed.shifts,
        "angles": changed.angles,
        "pens": changed.pens,
        "digits": digits.tolist(),
        "sure": [round(share, 4) for share in sure.tolist()],
        "sheet": sheet(changed.images[changed.turned :, 0]),
        "columns": COLUMNS,
    }
