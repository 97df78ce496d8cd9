"""Answers of tab "Teach": lessons on a visitor's corrections, which take seconds, and their outcome."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from weakref import WeakKeyDictionary, WeakValueDictionary

import torch
from torch import Tensor

from demo import models
from demo.background import Background
from demo.dataset_fetch import download_progress
from demo.digit_sheets import COLUMNS, sheet
from demo.models import LoadedModel
from demo.requests import (
    Payload,
    Reader,
    errors_as_answers,
)
from demo.tabs.teach.lesson_request import LessonRequest, corrections_of
from demo.training.cost import ACTIVATION, SPEED, image_cost
from demo.training.messages import count
from demo.training.training_queue import Jobs
from train.correction import CorrectionConfig, CorrectionResult, correct
from train.data.dataset import DataError, Digits, load
from train.datasets import DATASETS
from train.evaluation.predictions import Report, predict_logits
from vit.config import ViTConfig
from vit.model import VisionTransformer

STEPS_PER_CORRECTION = 20  # for each one after the first
MAX_STEPS = 240  # of a lesson: about ten seconds
REPLAY_DIGITS = 10_000  # loaded for rehearsal; a lesson needs at most a third of them
MAX_TEST_SECONDS = 8.0  # for reading all test digits, as `image_cost` estimates; a slower model reads a sample
TEST_SAMPLE = 2000
SHOWN_FORGOTTEN, SHOWN_GAINED = 10, 5  # test digits, at most
UNKNOWN_LESSON = "This lesson is no longer known. Press Teach again."


class Teaching:
    """Answer the tab's requests. The drawings are dropped when their lesson ends."""

    def __init__(self, reader: Reader, jobs: Jobs, background: Background | None = None) -> None:
        self.reader, self.jobs = reader, jobs
        self.background = background or Background(stored=24, waiting=12, failed="This could not be taught")
        self._requests: WeakValueDictionary[str, LessonRequest] = WeakValueDictionary()
        self._digits: tuple[Digits, Digits] | None = None
        self._predictions: WeakKeyDictionary[VisionTransformer, Tensor] = WeakKeyDictionary()  # of the test digits

    @errors_as_answers
    def begin(self, payload: Payload) -> Payload:
        """Start a lesson of the model `start` on `corrections`, of `strokes` and a `label` each; answer as `look`.

        `before` is the model that read until now. Each lesson starts from `start` with all corrections, so that one
        of them can be removed, and forgetting does not add up.
        """
        if not isinstance(payload, dict):
            raise ValueError(f"expected corrections, got {type(payload).__name__}")
        images, labels = corrections_of(payload.get("corrections"))
        before = self.reader.loaded(payload.get("before"))
        token, start = self.reader.start(payload)
        if start.model.config.class_names != DATASETS["mnist"].names:
            raise ValueError("This model has learned something else than the ten digits, so it cannot be taught them.")
        request = LessonRequest(token, start, before, images, labels)
        task = uuid.uuid4().hex
        self._requests[task] = request
        self.background.ask(task, lambda report: self._teach(request, report))
        return {"task": task, "stage": request.stage}

    @errors_as_answers
    def look(self, payload: Payload) -> Payload:
        """Answer with the progress of the lesson `task`, `done` of `of` in its `stage`; at its end with the outcome."""
        task = self.background.named(payload, UNKNOWN_LESSON)
        if task.value is not None:
            return task.value
        request = self._requests.get(payload["task"])
        return {"stage": request.stage if request else "testing", "done": task.done, "of": task.total}

    def _teach(self, request: LessonRequest, report: Report) -> Payload:
        """Teach, store the taught model for its visitor, and pack the outcome."""
        replay, test = self._load_digits(request, report)
        request.stage = "practising"
        lesson = lesson_for(len(request.labels))
        taught = correct(request.start.model, request.corrections, replay, lesson, report)
        request.stage = "testing"
        tested = self._compare(request.start.model, taught.model, test, report)
        token, student = self._store(request, taught, lesson)
        return {
            "model": token,
            "start": request.token or request.name,
            "name": models.display_name(request.name),
            "steps": taught.steps,
            "learned": taught.learned,
            "drawings": [
                {"before": request.before.read(image)[1].probs, "after": student.read(image)[1].probs}
                for image in request.images
            ],
            "test": tested,
        }

    def _store(
        self, request: LessonRequest, taught: CorrectionResult, lesson: CorrectionConfig
    ) -> tuple[str, LoadedModel]:
        """Store the taught model among the visitor's models, without the drawings."""
        recipe = {
            "taught": request.name,
            "corrections": request.labels,
            "steps": taught.steps,
            "lesson": asdict(lesson),
        }
        description = f"{models.display_name(request.name)}, taught {count(len(request.labels), 'correction')}"
        try:
            token = self.jobs.adopt(taught.model, recipe, description, request.start.calibration.temperature)
        except ValueError as error:
            raise DataError(f"This could not be taught: {error}.") from None
        return token, self.reader.loaded(token)

    def _load_digits(self, request: LessonRequest, report: Report) -> tuple[Digits, Digits]:
        """Return the digits for rehearsal and for the test, fetched if missing, and loaded once."""
        if self._digits is None:
            request.stage = "fetching"
            train_set = load("train", self.jobs.folder, download_progress(report))
            self._digits = (
                sample_of(train_set, REPLAY_DIGITS),
                load("test", self.jobs.folder, download_progress(report)),
            )
        return self._digits

    def _compare(self, start: VisionTransformer, student: VisionTransformer, test: Digits, report: Report) -> Payload:
        """Compare both models on test digits: how many each reads right, and which were forgotten or gained."""
        chosen = test if len(test) * seconds(start.config) < MAX_TEST_SECONDS else sample_of(test, TEST_SAMPLE)
        if start not in self._predictions:
            self._predictions[start] = predict_logits(start, chosen.images, report).argmax(dim=-1)
        was, now = self._predictions[start], predict_logits(student, chosen.images, report).argmax(dim=-1)
        return forgetting(chosen, was, now) | {"all": len(chosen) == len(test)}


def lesson_for(number: int) -> CorrectionConfig:
    """Return a lesson whose steps grow with the number of corrections."""
    return CorrectionConfig(steps=min(CorrectionConfig.steps + STEPS_PER_CORRECTION * (number - 1), MAX_STEPS))


def sample_of(digits: Digits, number: int) -> Digits:
    """Choose `number` of the digits, always the same ones; all of them if there are fewer."""
    return digits.subset(torch.randperm(len(digits), generator=torch.Generator().manual_seed(0))[:number])


def seconds(config: ViTConfig) -> float:
    """Estimate the seconds that one thread needs to read one digit."""
    macs, written, _ = image_cost(config)
    return (macs + ACTIVATION * written) / SPEED


def forgetting(digits: Digits, was: Tensor, now: Tensor) -> Payload:
    """Pack how many digits were and are read right, and the first of those that were forgotten or gained.

    Args:
        was: predictions (n,) before the lesson.
        now: predictions (n,) after it.
    """
    right = [answers == digits.labels for answers in (was, now)]
    forgotten, gained = (right[0] & ~right[1]).nonzero()[:, 0], (right[1] & ~right[0]).nonzero()[:, 0]
    places = torch.cat([forgotten[:SHOWN_FORGOTTEN], gained[:SHOWN_GAINED]])
    rows = torch.stack([digits.labels[places], was[places], now[places]], dim=-1)
    return {
        "of": len(digits),
        "before": int(right[0].sum()),
        "after": int(right[1].sum()),
        "forgotten": len(forgotten),
        "gained": len(gained),
        "changed": rows.tolist(),
        "sheet": sheet(digits.images[places]) if len(places) else "",
        "columns": COLUMNS,
    }
