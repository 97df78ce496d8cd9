"""One training of a visitor: what is recorded of it while it runs, and its final model."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from demo.training.cost import check
from demo.training.curves import Point, ThinnedCurve
from demo.training.live import Live
from demo.training.messages import count, sentence
from demo.training.state import ENDS, End, Mark, Status, TrainingState
from train.config import Recipe
from train.data.dataset import DataError, Digits
from train.diagnosis.rules import Finding, diagnose
from train.loop import Epoch, Event, Step, check_finite
from train.run_folder import header_figures, header_recipe
from train.score import Score, wilson
from train.splits import hold_out
from vit import checkpoint
from vit.calibration import Calibration
from vit.model import VisionTransformer

STATE_FIELDS = [one.name for one in fields(TrainingState)]
PACE_STEPS = 30  # over which the speed is measured


class StoppedError(Exception):
    """The visitor has stopped the job or has left, before there was a model."""


@dataclass(eq=False)
class Job:
    """One training. It changes under the lock of `Jobs`; after its end only `last_asked` changes.

    It has an attribute for each field of `TrainingState`.

    Attributes:
        last_asked: when the page last asked for it, in seconds of the clock of `Jobs`.
        stopping: whether it is to end at its next step.
        abandoned: whether it was stopped because the page no longer asked for it.
        discard: whether it is to be forgotten when it ends.
        adopted: the header of a model that was not trained here (see `adopt`).
        summary: of such a model.
    """

    id: str
    recipe: Recipe
    max_images: int | None
    last_asked: float
    state: Status = "waiting"
    note: str = ""
    stopping: bool = False
    learning: bool = False
    abandoned: bool = False
    discard: bool = False
    downloaded: float = 0.0
    seconds: float = 0.0
    seconds_left: float | None = None
    step: int = 0
    steps: int = 0
    epoch: int = 0
    done_epochs: int = 0
    train_curve: ThinnedCurve = field(default_factory=lambda: ThinnedCurve(0))
    val_curve: list[Point] = field(default_factory=list)
    val_score: Score | None = None
    test_score: Score | None = None
    model: VisionTransformer | None = None
    adopted: dict[str, Any] | None = None
    summary: str = ""
    calibration: Calibration = field(default_factory=Calibration)
    optimizer: Mapping[str, Tensor] = field(default_factory=dict)
    step_times: deque[float] = field(default_factory=lambda: deque(maxlen=PACE_STEPS))

    def __post_init__(self) -> None:
        self.live = Live(self.recipe)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDS

    # ---- events ----

    def split(self, digits: Digits) -> tuple[Digits, Digits]:
        """Split digits into a training and a validation set.

        Raises:
            DataError: there are too few of them.
        """
        try:
            check(self.recipe, self.max_images, len(digits))
        except ValueError as error:
            raise DataError(str(error)) from None
        train_set, val_set = hold_out(digits, self.recipe.training)
        return train_set.subset(slice(self.max_images)), val_set

    def start(self, images: int) -> None:
        """Record that training on `images` images starts."""
        training = self.recipe.training
        self.state, self.note, self.learning = "running", "The first step is running.", True
        self.steps = training.epochs * training.steps_an_epoch(images)
        self.train_curve = ThinnedCurve(self.steps)

    def record(self, event: Event, now: float) -> None:
        """Record an event of the training; `now` leaves out the time in which the visitor paused it."""
        self.step, self.seconds = event.step, event.seconds
        if isinstance(event, Step):
            self.record_step(event, now)
        elif isinstance(event, Epoch):
            self.done_epochs, self.val_score, self.optimizer = event.epoch, event.val, event.state
            if event.val:
                self.val_curve.append(Point(event.step, event.val.loss, event.val.accuracy))

    def record_step(self, event: Step, now: float) -> None:
        """Record one batch, and estimate how long the rest will take."""
        self.epoch = event.epoch
        self.note = f"Epoch {event.epoch} of {self.epochs}"
        self.step_times.append(now)
        if self.pace:
            self.seconds_left = (event.steps - event.step) / self.pace
        self.train_curve.add(Point(event.step, event.loss, event.accuracy, event.lr, event.gradient))

    def end(self, state: End, why: str = "") -> None:
        """End the job; `why` is the error of one that failed."""
        self.state, self.seconds_left, self.learning = state, None, False
        self.train_curve.flush()
        if state == "done":
            self.note = f"Finished: {count(self.epoch, 'epoch')}, {count(self.step, 'step')}."
        elif state == "stopped":
            reason = ", because nobody was watching any more" if self.abandoned else ""
            when = f"after {count(self.step, 'step')}" if self.step else "before the first step"
            self.note = f"Stopped {when}{reason}."
        else:
            self.note = sentence(why)

    def adopt(self, model: VisionTransformer, header: dict[str, Any], summary: str, calibration: Calibration) -> None:
        """End at once, with a model that was not trained here."""
        freeze(model, 0)
        self.model, self.adopted, self.summary, self.calibration = model, header, summary, calibration
        self.state, self.note = "done", sentence(summary)

    # ---- the final model ----

    def drop_all_but_model(self) -> None:
        """Free the memory of the optimizer and of the earlier snapshots."""
        self.optimizer = {}
        self.live.snapshots.drop_all_but_last()

    @property
    def at_epoch_end(self) -> bool:
        """Whether the last step was the last one of an epoch."""
        return self.step * self.epochs == self.done_epochs * self.steps

    def save(self, path: str | Path) -> bool:
        """Write the final model to `path` as a checkpoint; return whether there is one."""
        if self.model is None:
            return False
        optimizer = self.optimizer if self.at_epoch_end else {}  # which was stored at the end of an epoch
        scores = header_figures(self.val_score, self.test_score, self.seconds)
        checkpoint.save(self.model, path, self.header(), scores, optimizer)
        return True

    def header(self) -> dict[str, Any]:
        """Describe for the checkpoint how the model was trained."""
        if self.adopted is not None:
            return self.adopted
        header = header_recipe(self.recipe, self.done_epochs) | {"steps": self.step, "max_images": self.max_images}
        changes = [[mark.step, mark.text] for mark in self.live.marks]
        return header | ({"changes": changes} if changes else {})

    # ---- state for the page ----

    def snapshot(self) -> TrainingState:
        """Return the state for the page."""
        return TrainingState(**{name: getattr(self, name) for name in STATE_FIELDS})

    @property
    def message(self) -> str:
        """One sentence for the visitor."""
        if self.paused and self.state == "running":
            return f"Paused after {count(self.step, 'step')}, in epoch {max(self.epoch, 1)} of {self.epochs}."
        return self.note

    @property
    def progress(self) -> float:
        """Progress of the download, then of the steps, in [0, 1]."""
        return self.downloaded if self.state == "fetching" else self.step / max(self.steps, 1)

    @property
    def pace(self) -> float:
        """Steps per second over the last few, 0 if unknown; the first step of a process is slow and not counted."""
        seconds = self.step_times[-1] - self.step_times[0] if self.step_times else 0.0
        return (len(self.step_times) - 1) / seconds if seconds > 0 else 0.0

    @property
    def epochs(self) -> int:
        """Epochs of the recipe."""
        return self.recipe.training.epochs

    @property
    def train(self) -> tuple[Point, ...]:
        """The training curve."""
        return tuple(self.train_curve.points)

    @property
    def val(self) -> tuple[Point, ...]:
        """The validation curve."""
        return tuple(self.val_curve)

    @property
    def test_accuracy(self) -> float | None:
        """Accuracy of the final weights on the test digits."""
        return self.test_score.accuracy if self.test_score else None

    @property
    def test_interval(self) -> tuple[float, float] | None:
        """95 % confidence interval of `test_accuracy`."""
        score = self.test_score
        return wilson(score.accuracy, int(score.confusion.sum())) if score else None

    @property
    def can_use(self) -> bool:
        """Whether there is a final model."""
        return self.model is not None

    @property
    def paused(self) -> bool:
        """Whether it waits for the visitor."""
        return self.live.paused

    @property
    def slow(self) -> bool:
        """Whether it is in slow motion."""
        return self.live.pacing.slow

    @property
    def settings(self) -> dict[str, float]:
        """The settings that may change."""
        return self.live.settings

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Changes of the settings."""
        return tuple(self.live.marks)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.recipe.model.class_names

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Problems of the training, in words."""
        if self.adopted is not None or not self.step:
            return ()
        failed = self.note if self.state == "failed" else ""
        limits = {"failed": failed, "since": self.live.changed_at}
        return tuple(diagnose(self.train, self.val, self.live.config, self.recipe.model, **limits))


def freeze(model: VisionTransformer, step: int) -> None:
    """Freeze a model that was trained for `step` steps: no gradients, evaluation mode.

    Raises:
        DivergedError: a weight is not finite.
    """
    model.zero_grad(set_to_none=True)
    model.eval().requires_grad_(False)
    check_finite(model, step)
