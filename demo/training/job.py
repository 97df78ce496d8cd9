"""Job: one training of a visitor. What is recorded while it runs, and its final model."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from demo.training.cost import check
from demo.training.curves import Point, ThinnedCurve
from demo.training.live import Live
from demo.training.messages import accuracy_message, count, sentence
from demo.training.snapshots import final_snapshot
from demo.training.state import ENDS, End, Status
from train.config import Recipe
from train.data.dataset import DataError, Digits
from train.loop import Epoch, Event, Step, check_finite
from train.run_folder import header_figures, header_recipe
from train.score import Score
from train.splits import hold_out
from vit import checkpoint
from vit.calibration import Calibration
from vit.model import VisionTransformer

PACE_STEPS = 30  # last steps over which the speed is measured


class StoppedError(Exception):
    """The job was stopped before it had a model: by its visitor, or because nobody watched."""


@dataclass(eq=False)
class Job:
    """One training. It changes under the lock of `Jobs`; after its end only `last_asked` changes.

    Attributes:
        max_images: limit for the training images; None for all.
        last_asked: time of the page's last request for it, in seconds of the clock of `Jobs`.
        limit: seconds after which the training ends, without pauses; 0 for none.
        timed_out: whether that time is over.
        gpu: whether a GPU of ZeroGPU trains it.
        gpu_failed: whether that GPU was not to be had, or the training failed there.
        asked_in: context of the request that started it, which says whose GPU time it uses.
        began: time of the end of its first step, on the clock of `record`; None before.
        images: training images; 0 before they are loaded.
        note: one sentence for the visitor; `demo.training.job_state` changes it for a job that waits or is paused.
        stopping: whether it ends at its next step.
        learning: whether it takes steps, or is paused between two.
        abandoned: whether it was stopped because the page no longer asked for it.
        discard: whether it is deleted when it ends.
        downloaded: share of its data set that is downloaded, in [0, 1].
        seconds: training time so far, without pauses.
        model: final model; None before the end, or without one.
        adopted: header of a model that was not trained here (see `adopt`).
        summary: name of such a model, in a few words.
        optimizer: state of the optimizer at the end of the last epoch.
        step_times: times of the last steps, on the clock of `record`.
    """

    id: str
    recipe: Recipe
    max_images: int | None
    last_asked: float
    limit: float = 0.0
    timed_out: bool = False
    gpu: bool = False
    gpu_failed: bool = False
    asked_in: Context = field(default_factory=copy_context)
    began: float | None = None
    images: int = 0
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
        """Whether the job is done, stopped or failed."""
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

    def follow_recipe(self, recipe: Recipe) -> None:
        """Replace the recipe before the training starts."""
        self.recipe, self.live = recipe, Live(recipe, pacing=self.live.pacing)

    def start(self, images: int) -> None:
        """Record that training on `images` images starts."""
        training = self.recipe.training
        self.images = images
        self.state, self.note, self.learning = "running", "The first step is running.", True
        self.steps = training.epochs * training.steps_an_epoch(images)
        self.train_curve = ThinnedCurve(self.steps)

    def record(self, event: Event, now: float) -> None:
        """Record an event of the training.

        Args:
            now: time in seconds, without the time in which the visitor paused the training.
        """
        self.step, self.seconds = event.step, event.seconds
        if isinstance(event, Step):
            self.record_step(event, now)
        elif isinstance(event, Epoch):
            self.done_epochs, self.val_score, self.optimizer = event.epoch, event.val, event.state
            if event.val:
                self.val_curve.append(Point(event.step, event.val.loss, event.val.accuracy))

    def record_step(self, event: Step, now: float) -> None:
        """Record one batch, and estimate the time of the remaining steps."""
        self.began = now if self.began is None else self.began
        self.timed_out = 0 < self.limit <= now - self.began
        self.epoch = event.epoch
        self.note = f"Epoch {event.epoch} of {self.epochs}"
        self.step_times.append(now)
        if self.pace:
            self.seconds_left = (event.steps - event.step) / self.pace
        self.train_curve.add(Point(event.step, event.loss, event.accuracy, event.lr, event.gradient))

    def end(self, state: End, why: str = "") -> None:
        """End the job; `why` is the error if it failed."""
        self.state, self.seconds_left, self.learning = state, None, False
        self.train_curve.flush()
        if state == "done":
            self.note = self.finished_message()
        elif state == "stopped":
            reason = ", because nobody was watching any more" if self.abandoned else ""
            when = f"after {count(self.step, 'step')}" if self.step else "before the first step"
            accuracy = f": {self.accuracy_words}" if self.accuracy_words else ""
            self.note = f"Stopped {when}{reason}{accuracy}."
        else:
            self.note = sentence(why)

    def finished_message(self) -> str:
        """Say how a complete training ended; its accuracy comes first."""
        steps = f"{count(self.epoch, 'epoch')}, {count(self.step, 'step')}"
        return f"Finished: {self.accuracy_words}. {steps}." if self.accuracy_words else f"Finished: {steps}."

    @property
    def accuracy_words(self) -> str:
        """Accuracy of the final weights in words, on the test images if none were held out; "" if not measured."""
        score, images = (self.val_score, "validation") if self.val_score else (self.test_score, "test")
        classes = self.recipe.model.num_classes
        return accuracy_message(score.accuracy, classes, f"{images} images") if self.model and score else ""

    @property
    def epochs(self) -> int:
        """Epochs of the recipe."""
        return self.recipe.training.epochs

    @property
    def pace(self) -> float:
        """Steps per second over the last few, 0 if unknown; the first step of a process is slow and not counted."""
        seconds = self.step_times[-1] - self.step_times[0] if self.step_times else 0.0
        return (len(self.step_times) - 1) / seconds if seconds > 0 else 0.0

    def adopt(self, model: VisionTransformer, header: dict[str, Any], summary: str, calibration: Calibration) -> None:
        """End the job at once, with a model that was not trained here; arguments as in `WatchedJobs.adopt`."""
        freeze(model, 0)
        self.model, self.adopted, self.summary, self.calibration = model, header, summary, calibration
        self.state, self.note = "done", sentence(summary)

    # ---- the final model ----

    def finish(self, model: VisionTransformer, val: Score | None, test: Score | None) -> None:
        """Take the final, frozen model with its scores; one that ends within an epoch gets a last validation point."""
        self.model, self.val_score, self.test_score = model, val, test
        self.live.latest = final_snapshot(self.step, model)
        if val and (not self.val_curve or self.val_curve[-1].step < self.step):
            self.val_curve.append(Point(self.step, val.loss, val.accuracy))

    def drop_all_but_model(self) -> None:
        """Free the memory of the optimizer's state and of all snapshots; the final model is the last one."""
        self.optimizer = {}
        self.live.snapshots.drop_all_but(self.live.latest if self.model else None)

    @property
    def at_epoch_end(self) -> bool:
        """Whether the last step was the last one of an epoch."""
        return self.step * self.epochs == self.done_epochs * self.steps

    def save(self, path: str | Path) -> bool:
        """Write the final model to `path` as a checkpoint; return whether there is one."""
        if self.model is None:
            return False
        optimizer = self.optimizer if self.at_epoch_end else {}  # its state is that of the last epoch's end
        scores = header_figures(self.val_score, self.test_score, self.seconds)
        calibration = self.calibration if self.adopted is not None else None  # no training here fits one
        checkpoint.save(self.model, path, self.header(), scores, optimizer, calibration=calibration)
        return True

    def header(self) -> dict[str, Any]:
        """Header of the checkpoint: how the model was trained."""
        if self.adopted is not None:
            return self.adopted
        header = header_recipe(self.recipe, self.done_epochs) | {"steps": self.step, "max_images": self.max_images}
        changes = [[mark.step, mark.text] for mark in self.live.marks]
        return header | ({"changes": changes} if changes else {})


def freeze(model: nn.Module, step: int) -> None:
    """Freeze a model that was trained for `step` steps: no gradients, evaluation mode.

    Raises:
        DivergedError: a weight is not finite.
    """
    model.zero_grad(set_to_none=True)
    model.eval().requires_grad_(False)
    check_finite(model, step)
