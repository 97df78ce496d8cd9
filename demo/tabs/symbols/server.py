"""Answers of tab "Symbols": a copy of a model learns a visitor's symbols, which takes seconds."""

from __future__ import annotations

import uuid
from typing import Any

from demo import models
from demo.background import Background
from demo.models import LoadedModel
from demo.requests import EXPIRED, Payload, Reader, UnknownModelError, errors_as_answers
from demo.training.cost import ACTIVATION, SPEED, image_cost
from demo.training.messages import count
from demo.training.training_queue import Jobs
from demo.weights import download_of
from train.data.dataset import DataError, Digits
from train.evaluation.predictions import Report
from train.own_classes import OwnClassesConfig, OwnClassesResult, learn
from train.own_classes.drawings import drawings_of
from train.score import wilson
from vit.config import ViTConfig

SECONDS = 12.0  # in which all copies should learn; a slower model takes fewer steps
LEAST_STEPS = 8
LEARNING = 3  # times the work of reading an image
UNKNOWN_TASK = "This lesson is no longer known. Press Learn again."
NOT_STORED = "This model is no longer stored. Press Learn again: your symbols are still here."


class Symbols:
    """Answer the tab's requests. The drawings are dropped when they are learned."""

    def __init__(self, reader: Reader, jobs: Jobs, background: Background | None = None) -> None:
        self.reader, self.jobs = reader, jobs
        self.background = background or Background(stored=24, waiting=12, failed="These symbols could not be learned")

    @errors_as_answers
    def begin(self, payload: Payload) -> Payload:
        """Start to learn `symbols`, each with a `name` and `drawings`, from a model; answer as `look`.

        `start` and `before` name the model, as in `Reader.start`; where both are gone, the answer says `expired`.
        """
        if not isinstance(payload, dict):
            raise ValueError(f"expected symbols, got {type(payload).__name__}")
        names, drawings = drawings_of(payload.get("symbols"))
        try:
            token, start = self.reader.start(payload)
        except UnknownModelError:
            return {"error": EXPIRED, "expired": True}
        task = uuid.uuid4().hex
        self.background.ask(task, lambda report: self._learn(token, start, names, drawings, report))
        return {"task": task, "done": 0, "of": 0}

    @errors_as_answers
    def look(self, payload: Payload) -> Payload:
        """Answer with the progress of `task`, `done` of `of`; at its end with the outcome."""
        task = self.background.named(payload, UNKNOWN_TASK)
        return task.value if task.value is not None else {"done": task.done, "of": task.total}

    def checkpoint(self, payload: Payload) -> Payload:
        """Answer with the `model` that has learned symbols as a file, as `download_of` packs it."""
        return download_of(self.jobs, payload.get("model")) or {"error": NOT_STORED, "expired": True}

    def _learn(self, token: object, start: LoadedModel, names: list[str], drawings: Digits, report: Report) -> Payload:
        """Learn, store the model for its visitor, and pack the outcome."""
        config = config_for(start.model.config)
        result = learn(start.model, drawings, names, config, report)
        name = models.display_name(models.shipped_name(token) or "your model")
        recipe = {"classes_of": name, "drawings": len(drawings), "steps": config.steps, "seed": config.seed}
        description = f"{name} for {count(len(names), 'symbol')} of your own"
        try:
            learned = self.jobs.adopt(result.model, recipe, description, result.temperature)
        except ValueError as error:
            raise DataError(f"These symbols could not be learned: {error}.") from None
        return {"model": learned, "start": token or models.default_name(), **pack(names, result, config)}


def config_for(model: ViTConfig) -> OwnClassesConfig:
    """Return hyperparameters with which a model of this size learns in about SECONDS on one thread."""
    usual = OwnClassesConfig()
    macs, written, _ = image_cost(model)
    image = (macs + ACTIVATION * written) / SPEED  # seconds to read one
    step = LEARNING * usual.batch_size * image
    steps = int(SECONDS / (usual.folds + 1) / step)
    images = int(SECONDS / 4 / image)
    return OwnClassesConfig(steps=min(max(steps, LEAST_STEPS), usual.steps), images=min(max(images, 1), usual.images))


def pack(names: list[str], result: OwnClassesResult, config: OwnClassesConfig) -> dict[str, Any]:
    """Pack how each drawing was read when it was left out, in the order of the drawings."""
    of, right = len(result.labels), result.right
    return {
        "names": names,
        "labels": result.labels.tolist(),
        "read": result.logits.argmax(dim=-1).tolist(),
        "interval": list(wilson(right / of, of)),
        "folds": config.folds,
    }
