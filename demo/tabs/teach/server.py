"""Wrong answer? Give the right one: a few seconds of learning on a visitor's corrections, and what came of it."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np
import torch
from torch import Tensor

from demo import models
from demo.background import Background
from demo.dataset_fetch import fetched
from demo.digit_sheets import COLUMNS, sheet
from demo.models import LoadedModel
from demo.requests import SMALLEST, Payload, Reader, UnknownModelError, answered, digit_of, from_strokes
from demo.training.cost import ACTIVATION, SPEED, image_cost
from demo.training.job import count
from demo.training.jobs import Jobs
from train.correction import Lesson, Taught, teach
from train.data.dataset import DataError, Digits, load
from train.datasets import DATASETS
from train.evaluation.predictions import Report, predict_logits
from vit.config import ViTConfig
from vit.model import VisionTransformer

MOST = 50  # corrections
MOST_POINTS = 2000  # of one of them; a digit drawn by hand has about 100
MORE_STEPS, MOST_STEPS = 20, 240  # a lesson may take for each further correction, and in all: about ten seconds
REHEARSED = 10_000  # digits that lie ready to be rehearsed, of which a lesson needs at most a third
PATIENCE = 8.0  # seconds that reading the test digits may take, as `image_cost` guesses, before a sample must do
SAMPLE = 2000  # of them
SHOWN_LOST, SHOWN_WON = 10, 5  # test digits that changed sides, at most
GONE = "This lesson is no longer known. Press Teach again."


@dataclass(eq=False)
class Asked:
    """A lesson that a visitor asked for.

    Attributes:
        token: of the model that is taught, None for the first that ships.
        start: that model.
        before: the model that read until now: `start`, or what came of the lesson before.
        images: the drawings, (28, 28) in [0, 1] each.
        labels: the digits that they are.
        stage: what is being done now: `waiting`, `fetching`, `practising` or `testing`.
    """

    token: object
    start: LoadedModel
    before: LoadedModel
    images: list[np.ndarray]
    labels: list[int]
    stage: str = "waiting"

    @property
    def name(self) -> str:
        """What people call the model that is taught."""
        if self.token is None:
            return models.first()
        return str(self.token) if self.token in models.shipped() else "your model"

    @property
    def corrections(self) -> Digits:
        """The drawings as digits to learn from."""
        images = torch.from_numpy(np.rint(255 * np.stack(self.images)).astype(np.uint8))  # (n, H, W)
        return Digits(images, torch.tensor(self.labels))


class Teaching:
    """Answer the tab's requests. The drawings are held until the lesson is over, and no longer."""

    def __init__(self, reader: Reader, jobs: Jobs, background: Background | None = None) -> None:
        self.reader, self.jobs = reader, jobs
        self.background = background or Background(kept=24, waiting=12, failed="This could not be taught")
        self._asked: WeakValueDictionary[str, Asked] = WeakValueDictionary()
        self._digits: tuple[Digits, Digits] | None = None
        self._read: WeakKeyDictionary[VisionTransformer, Tensor] = WeakKeyDictionary()  # digits, of the test set

    @answered
    def begin(self, payload: Payload) -> Payload:
        """Have the model `start` taught `corrections`, of `strokes` and a `label` each; answer as `look` does.

        `before` is the model that read until now. Always beginning from `start`, with all the corrections, is what
        lets one of them be taken back, and keeps what is forgotten from adding up.
        """
        if not isinstance(payload, dict):
            raise ValueError(f"expected corrections, got {type(payload).__name__}")
        images, labels = corrections_of(payload.get("corrections"))
        before = self.reader.loaded(payload.get("before"))
        token, start = self._start(payload)
        if start.model.config.class_names != DATASETS["mnist"].names:
            raise ValueError("This model has learned something else than the ten digits, so it cannot be taught them.")
        asked = Asked(token, start, before, images, labels)
        task = uuid.uuid4().hex
        self._asked[task] = asked
        self.background.ask(task, lambda report: self._teach(asked, report))
        return {"task": task, "stage": asked.stage}

    def _start(self, payload: Payload) -> tuple[object, LoadedModel]:
        """Return the model to begin from with its token; where it is no longer kept, the one that reads."""
        try:
            return payload.get("start"), self.reader.loaded(payload.get("start"))
        except UnknownModelError:
            return payload.get("before"), self.reader.loaded(payload.get("before"))

    @answered
    def look(self, payload: Payload) -> Payload:
        """Answer how far the lesson `task` is, `done` of `of` in its `stage`; at its end with what came of it."""
        name = payload.get("task") if isinstance(payload, dict) else None
        task = self.background.look(name) if isinstance(name, str) else None
        if task is None or task.error:
            raise ValueError(task.error if task else GONE)
        if task.value is not None:
            return task.value
        asked = self._asked.get(str(name))
        return {"stage": asked.stage if asked else "testing", "done": task.done, "of": task.of}

    def _teach(self, asked: Asked, report: Report) -> Payload:
        """Teach, keep the pupil for its visitor, and say how it reads now."""
        replay, test = self._sets(asked, report)
        asked.stage = "practising"
        lesson = lesson_for(len(asked.labels))
        taught = teach(asked.start.model, asked.corrections, replay, lesson, report)
        asked.stage = "testing"
        tested = self._tested(asked.start.model, taught.model, test, report)
        token, pupil = self._keep(asked, taught, lesson)
        drawings = [
            {"before": asked.before.read(image)[1].probs, "after": pupil.read(image)[1].probs} for image in asked.images
        ]
        said = {
            "model": token,
            "start": asked.token or asked.name,
            "name": models.spoken(asked.name),
            "steps": taught.steps,
            "learned": taught.learned,
        }
        return said | {"drawings": drawings, "test": tested}

    def _keep(self, asked: Asked, taught: Taught, lesson: Lesson) -> tuple[str, LoadedModel]:
        """Hand the pupil over to the visitor's models; the drawings do not go with it."""
        recipe = {"taught": asked.name, "corrections": asked.labels, "steps": taught.steps, "lesson": asdict(lesson)}
        told = f"{models.spoken(asked.name)}, taught {count(len(asked.labels), 'correction')}"
        try:
            token = self.jobs.adopt(taught.model, recipe, told, asked.start.calibration.temperature)
        except ValueError as error:
            raise DataError(f"This could not be taught: {error}.") from None
        return token, self.reader.loaded(token)

    def _sets(self, asked: Asked, report: Report) -> tuple[Digits, Digits]:
        """Return digits to rehearse and to test on, fetched if they are not here; once here they stay in memory."""
        if self._digits is None:
            asked.stage = "fetching"
            train_set = load("train", self.jobs.folder, fetched(report))
            self._digits = some(train_set, REHEARSED), load("test", self.jobs.folder, fetched(report))
        return self._digits

    def _tested(self, start: VisionTransformer, pupil: VisionTransformer, test: Digits, report: Report) -> Payload:
        """Read test digits with both, and pack how many each reads right and which changed sides."""
        chosen = test if len(test) * seconds(start.config) < PATIENCE else some(test, SAMPLE)
        if start not in self._read:
            self._read[start] = predict_logits(start, chosen.images, report).argmax(dim=-1)
        was, now = self._read[start], predict_logits(pupil, chosen.images, report).argmax(dim=-1)
        return forgetting(chosen, was, now) | {"all": len(chosen) == len(test)}


def lesson_for(number: int) -> Lesson:
    """Return a lesson that is long enough for so many corrections."""
    return Lesson(steps=min(Lesson.steps + MORE_STEPS * (number - 1), MOST_STEPS))


def corrections_of(value: object) -> tuple[list[np.ndarray], list[int]]:
    """Return the images and the labels of corrections that came from anywhere.

    Raises:
        ValueError: they are none, or too many, or one of them is none; the message is for a visitor.
    """
    if not isinstance(value, list) or not 1 <= len(value) <= MOST:
        found = f"{len(value)}" if isinstance(value, list) else type(value).__name__
        raise ValueError(f"Between 1 and {MOST} corrections can be taught, got {found}.")
    if not all(isinstance(correction, dict) for correction in value):
        raise ValueError("Each correction must have strokes and a label.")
    labels = [digit_of("label", correction.get("label")) for correction in value]
    return [drawn(correction.get("strokes")) for correction in value], labels


def drawn(strokes: object) -> np.ndarray:
    """Return the (28, 28) image of a correction's strokes; errors as in `from_strokes`, and for too many points."""
    points = sum(len(stroke) for stroke in strokes if isinstance(stroke, list)) if isinstance(strokes, list) else 0
    if points > MOST_POINTS:
        raise ValueError(f"A correction has {points:,} points; at most {MOST_POINTS:,} can be taught.")
    return from_strokes(strokes, SMALLEST)


def some(digits: Digits, number: int) -> Digits:
    """Choose so many of the digits, always the same ones; all of them where there are fewer."""
    return digits.subset(torch.randperm(len(digits), generator=torch.Generator().manual_seed(0))[:number])


def seconds(config: ViTConfig) -> float:
    """Return about how long one thread takes to read one digit."""
    macs, written, _ = image_cost(config)
    return (macs + ACTIVATION * written) / SPEED


def forgetting(digits: Digits, was: Tensor, now: Tensor) -> Payload:
    """Pack how many digits were and are read right, (n,) each, and the first of those that changed sides."""
    right = [answers == digits.labels for answers in (was, now)]
    lost, won = (right[0] & ~right[1]).nonzero()[:, 0], (right[1] & ~right[0]).nonzero()[:, 0]
    places = torch.cat([lost[:SHOWN_LOST], won[:SHOWN_WON]])
    rows = torch.stack([digits.labels[places], was[places], now[places]], dim=-1)
    return {
        "of": len(digits),
        "before": int(right[0].sum()),
        "after": int(right[1].sum()),
        "lost": len(lost),
        "won": len(won),
        "changed": rows.tolist(),
        "sheet": sheet(digits.images[places]) if len(places) else "",
        "columns": COLUMNS,
    }
