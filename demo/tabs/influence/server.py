"""Answers of tab "Learned from": search the training digits of an answer, and unlearn some of them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from weakref import ref

import torch
from torch import Tensor

from demo.background import Background, Task
from demo.dataset_fetch import download_progress
from demo.digit_sheets import COLUMNS, sheet
from demo.models import LoadedModel, shipped_name
from demo.requests import Payload, Reader, errors_as_answers
from demo.tabs.influence.measured import MEASURED
from demo.tabs.influence.shelf import Known, Shelf
from demo.tabs.influence.source import MNIST, NOT_STORED, Source, source_of, within_budget
from demo.training.training_queue import Jobs
from train.data.dataset import Digits, is_here, load
from train.datasets import DATASETS
from train.evaluation.predictions import Report
from train.influence.features import Features, head_inputs, read_features
from train.influence.groups import GROUP, Effect, effects, hardest, random_places
from train.influence.nearest import nearest
from train.influence.tracin import Checkpoint, most_influential
from train.influence.unlearning import CHECKS
from vit.model import VisionTransformer

IDLE = 20.0  # seconds without a question, after which work is dropped: on a busy machine to read takes minutes
SHOWN = ("nearest", "supporters", "opponents")
CHECKED = ("supporters", "nearest", "hardest", "same_label", "random")  # that are unlearned, each for itself


class Asked(NamedTuple):
    """A drawing (1, 28, 28), the model that reads it, and the digit that it reads."""

    image: Tensor
    loaded: LoadedModel
    target: int


@dataclass(frozen=True, eq=False)
class Found:
    """The digits that were found for an answer: their places by group, and the answer for the page."""

    groups: dict[str, Tensor]
    packed: Payload


class Influence:
    """Answer the tab's requests, one after another in the background. Nothing is in memory until somebody asks."""

    def __init__(
        self, reader: Reader, jobs: Jobs, background: Background | None = None, shelf: Shelf | None = None
    ) -> None:
        self.reader, self.jobs = reader, jobs
        self.background = background or Background(idle=IDLE, failed="The training digits could not be searched")
        self.shelf = shelf or Shelf()

    @errors_as_answers
    def find(self, payload: Payload) -> Payload:
        """Answer with the digits that are nearest, that support the answer and that oppose it; or with the progress.

        The answer is that of `pack_found`. While it is made it has a `stage`, and `done` of `of`. `missing` says that
        the training digits are not here.
        """
        stage, task = self._find(self._asked(payload), payload.get("model"))
        return task.value.packed if task and stage == "found" else progress(stage, task)

    @errors_as_answers
    def check(self, payload: Payload) -> Payload:
        """Answer as `unlearned` with what unlearning each group of CHECKED does, and with `measured`; or as `find`."""
        asked = self._asked(payload)
        stage, task = self._find(asked, payload.get("model"))
        known = self.shelf.get(asked.loaded.model)
        if task is None or known is None or stage != "found":
            return progress(stage, task)
        name = (*self._name(asked), "check")
        checked = self.background.ask(name, partial(unlearned, asked, known.digits, task.value.groups))
        if checked.value is None:
            return progress("unlearn", checked)
        return checked.value | {"measured": MEASURED.get(shipped_name(payload.get("model")) or "")}

    @errors_as_answers
    def fetch(self, payload: Payload) -> Payload:
        """Start to fetch MNIST, and answer as `find`."""
        if not is_here("train", self.jobs.folder):
            self.background.ask("fetch", self._fetch)
        return self.find(payload)

    def _asked(self, payload: Payload) -> Asked:
        """Return what a payload asks about; errors as in `Reader.image_and_model`, or a `ValueError`."""
        image, loaded = self.reader.image_and_model(payload)
        if loaded.model.config.class_names != DATASETS[MNIST].names:
            raise ValueError(NOT_STORED)
        return Asked(torch.from_numpy(image)[None], loaded, loaded.read(image)[1].digit)

    def _find(self, asked: Asked, token: object) -> tuple[str, Task | None]:
        """Return the stage of a search and its task: `missing`, `fetch`, `read`, `find`, or `found` with a `Found`."""
        model = asked.loaded.model
        known = self.shelf.get(model)
        if known is None:
            source = source_of(token, asked.loaded, self.jobs)
            if not is_here("train", self.jobs.folder):
                return self._missing()
            name = ("read", ref(model), self.shelf.version)
            return "read", self.background.ask(name, partial(self._read, model, source))
        task = self.background.ask(self._name(asked), partial(find, asked, known))
        return ("find" if task.value is None else "found"), task

    def _name(self, asked: Asked) -> tuple[Hashable, ...]:
        """Name the search for a drawing; the name does not keep the model in memory."""
        return ref(asked.loaded.model), asked.image.numpy().tobytes()

    def _read(self, model: VisionTransformer, source: Source, report: Report) -> bool:
        """Read the training digits with the model at each moment, and put them on the shelf."""
        digits, moments = within_budget(model, source.digits()), source.moments()
        checkpoints: list[Checkpoint] = []
        for moment in moments:
            before, whole = len(checkpoints) * len(digits), len(moments) * len(digits)
            read = read_features(moment.model, digits, shifted(report, before, whole))
            checkpoints.append(Checkpoint(moment.model, read, moment.rate))
        self.shelf.put(model, Known(digits, tuple(checkpoints)))
        return True

    def _fetch(self, report: Report) -> bool:
        load("train", self.jobs.folder, download_progress(report))
        return True

    def _missing(self) -> tuple[str, Task | None]:
        """Return that the digits are missing, or the task that fetches them; errors as in `Background.ask`."""
        if self.background.look("fetch") is None:
            return "missing", None
        return "fetch", self.background.ask("fetch", self._fetch)


def progress(stage: str, task: Task | None) -> Payload:
    """Pack how far the work is; `missing` where there is none to wait for."""
    return {"stage": stage, "done": task.done, "of": task.total} if task else {"missing": True}


def shifted(report: Report, before: int, whole: int) -> Report:
    """Return a report for a part of the work, before which `before` of `whole` were done."""
    return lambda done, _: report(before + done, whole)


def find(asked: Asked, known: Known, report: Report) -> Found:
    """Search the training digits of an answer, and draw others at random."""
    image, loaded, target = asked
    report(0, 0)
    last, labels = known.checkpoints[-1], known.digits.labels
    supporters, opponents = most_influential(known.checkpoints, known.digits, image, target, count=GROUP)
    row = head_inputs(loaded.model, image[None])[0]  # (D,)
    groups = {
        "nearest": nearest(last.features.inputs, row, GROUP)[0],
        "supporters": supporters.places,
        "opponents": opponents.places,
        "hardest": hardest(last.features, labels, target),
        "same_label": random_places(labels, 0, target),
        "random": random_places(labels, 1),
    }
    return Found(groups, pack_found(groups, known, target))


def pack_found(groups: dict[str, Tensor], known: Known, target: int) -> Payload:
    """Pack the groups of SHOWN.

    Returns:
        `target`, the digit that is read; the numbers of `digits` and `moments` that were searched; a `sheet` of all
        pictures, `columns` in a row; `groups` with `label` and `read` (what the model reads) of each digit, in order.
    """
    digits, features = known.digits, known.checkpoints[-1].features
    places = torch.cat([groups[name] for name in SHOWN])
    return {
        "target": target,
        "digits": len(digits),
        "moments": len(known.checkpoints),
        "sheet": sheet(digits.images[places]),
        "columns": COLUMNS,
        "groups": {name: labels_of(groups[name], digits, features) for name in SHOWN},
    }


def labels_of(places: Tensor, digits: Digits, features: Features) -> list[dict[str, int]]:
    """Return the label of each digit and what the model reads in it."""
    labels = digits.labels[places]
    probs = features.errors[places].clone()
    probs[torch.arange(len(places)), labels] += 1
    rows = zip(labels.tolist(), probs.argmax(dim=-1).tolist(), strict=True)
    return [{"label": label, "read": read} for label, read in rows]


def unlearned(asked: Asked, digits: Digits, groups: dict[str, Tensor], report: Report) -> Payload:
    """Unlearn each group of CHECKED alone, in both ways of `CHECKS`, and read the drawing again.

    Returns:
        `target`; `before`, the certainty of the answer; `ways` with `pack_effect` of each group that has digits.
    """
    image, loaded, target = asked
    chosen = {name: digits.subset(groups[name]) for name in CHECKED}
    pack = partial(pack_effect, loaded, target)
    ways: dict[str, Any] = {}
    for done, (way, config) in enumerate(CHECKS.items()):
        report(done, len(CHECKS))
        found = effects(loaded.model, chosen, image, target, config=config)
        ways[way] = {name: pack(effect) for name, effect in found.items()}
    before = loaded.read(image[0].numpy())[1].probs[target]
    return {"target": target, "before": round(before, 6), "ways": ways}


def pack_effect(loaded: LoadedModel, target: int, effect: Effect) -> Payload:
    """Pack the `change` of the log-odds in nats, the `share` of the answer afterwards, and the digit `read` then."""
    probs = loaded.calibration.probs(effect.logits[None])[0]
    return {
        "change": round(effect.change, 4),
        "share": round(probs[target].item(), 6),
        "read": int(probs.argmax()),
    }
