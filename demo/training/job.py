"""One training of a visitor: all that is known of it, and what the page is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from torch import Tensor

from demo.training.cost import check
from demo.training.curves import Curves, Point, Thinned
from demo.training.live import Live, Mark
from train.config import Recipe
from train.data.dataset import DataError, Digits
from train.diagnosis.rules import Finding, diagnose
from train.loop import Epoch, Event, Step, check_finite
from train.run_folder import describe, figures
from train.score import Score
from train.splits import hold_out
from vit import checkpoint
from vit.calibration import Calibration
from vit.model import VisionTransformer

State = Literal["waiting", "fetching", "running", "done", "stopped", "failed"]
End = Literal["done", "stopped", "failed"]
ENDS = get_args(End)
PACED = 30  # steps over which the pace is measured


class StoppedError(Exception):
    """The visitor has stopped the job or has left, before there was anything to keep."""


@dataclass(frozen=True)
class View:
    """A job as it stands.

    Attributes:
        message: one sentence for the visitor.
        progress: of the fetch, then of the steps, in [0, 1].
        seconds_left: of the training, at the pace so far; None before the second step and after the end.
        epoch: the one that is being learned, from 1; 0 before the first.
        curves: at most `demo.training.curves.MAX_POINTS` points of training however long it is.
        test_accuracy: of the final weights, in [0, 1], on `test_images` images; None before the end.
        can_use: whether there is a model to read with.
        learning: whether it takes steps, or would if it were not held.
        paused, slow: whether the visitor holds it.
        pace: steps a second just now, 0 where that is not known.
        settings: `lr` (its peak), `weight_decay` and `augmentation` as they are now.
        marks: what the visitor changed on the way.
        names: of the classes.
        findings: what is wrong, in words; see `train.diagnosis.rules`.
    """

    id: str
    state: State
    message: str
    progress: float
    seconds_left: float | None
    step: int
    steps: int
    epoch: int
    epochs: int
    curves: Curves
    test_accuracy: float | None
    test_images: int
    can_use: bool
    learning: bool
    paused: bool
    slow: bool
    pace: float
    settings: dict[str, float]
    marks: tuple[Mark, ...]
    names: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(eq=False)
class Job:
    """All that is known of one training. It changes under the lock of `Jobs`, and after its end only `seen` does."""

    id: str
    recipe: Recipe
    max_images: int | None
    seen: float
    state: State = "waiting"
    message: str = ""
    stopping: bool = False
    learning: bool = False
    abandoned: bool = False
    fetched: float = 0.0
    seconds: float = 0.0
    seconds_left: float | None = None
    step: int = 0
    steps: int = 0
    epoch: int = 0
    done_epochs: int = 0
    curve: Thinned = field(default_factory=lambda: Thinned(0))  # `begin` knows how many steps there will be
    val_curve: list[Point] = field(default_factory=list)
    val: Score | None = None
    test: Score | None = None
    model: VisionTransformer | None = None
    summary: str = ""
    calibration: Calibration = field(default_factory=Calibration)
    keep: bool = True
    optimizer: Mapping[str, Tensor] = field(default_factory=dict)
    made: dict[str, Any] | None = None
    times: deque[float] = field(default_factory=lambda: deque(maxlen=PACED))

    def __post_init__(self) -> None:
        self.live = Live(self.recipe)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDS

    def part(self, digits: Digits) -> tuple[Digits, Digits]:
        """Return the digits to learn and those to hold out.

        Raises:
            DataError: `digits` are not MNIST's, and too few.
        """
        try:
            check(self.recipe, self.max_images, len(digits))
        except ValueError as error:
            raise DataError(str(error)) from None
        train_set, val_set = hold_out(digits, self.recipe.training)
        return train_set.subset(slice(self.max_images)), val_set

    def begin(self, images: int) -> None:
        """Note that the digits to learn are there, so many."""
        training = self.recipe.training
        self.state, self.message, self.learning = "running", "Taking the first step.", True
        self.steps = training.epochs * training.steps_an_epoch(images)
        self.curve = Thinned(self.steps)

    def record(self, event: Event, now: float) -> None:
        """Take in what the training tells; `now` is the time without that in which the visitor held it."""
        self.step, self.seconds = event.step, event.seconds
        if isinstance(event, Step):
            self.record_step(event, now)
        elif isinstance(event, Epoch):
            self.done_epochs, self.val, self.optimizer = event.epoch, event.val, event.state
            if event.val:
                self.val_curve.append(Point(event.step, event.val.loss, event.val.accuracy))

    def record_step(self, event: Step, now: float) -> None:
        """Take in one batch learned, and how long the rest will take at this pace."""
        self.epoch = event.epoch
        self.message = f"Epoch {event.epoch} of {self.recipe.training.epochs}"
        self.times.append(now)
        if self.pace:
            self.seconds_left = (event.steps - event.step) / self.pace
        self.curve.add(Point(event.step, event.loss, event.accuracy, event.lr, event.gradient))

    @property
    def pace(self) -> float:
        """Steps a second, over the last few; the first step of a process is much slower and is not counted."""
        spent = self.times[-1] - self.times[0] if self.times else 0.0
        return (len(self.times) - 1) / spent if spent > 0 else 0.0

    def end(self, state: End, why: str = "") -> None:
        """Close the books."""
        self.state, self.seconds_left, self.learning = state, None, False
        self.curve.flush()
        if state == "done":
            self.message = f"Finished: {count(self.epoch, 'epoch')}, {count(self.step, 'step')}."
        elif state == "stopped":
            reason = ", because nobody was watching any more" if self.abandoned else ""
            when = f"after {count(self.step, 'step')}" if self.step else "before the first step"
            self.message = f"Stopped {when}{reason}."
        else:
            self.message = sentence(why)

    def adopt(self, model: VisionTransformer, recipe: dict[str, Any], summary: str, calibration: Calibration) -> None:
        """Be done from the beginning, with a model that came to be elsewhere."""
        only_to_read(model, 0)
        self.model, self.made, self.summary, self.calibration = model, recipe, summary, calibration
        self.state, self.message = "done", sentence(summary)

    def slim(self) -> None:
        """Let go of all but the model."""
        self.optimizer = {}
        if self.live.film:
            del self.live.film.frames[:-1]

    def save(self, path: str | Path) -> bool:
        """Write the model that the job ended with to `path`, a checkpoint; return whether there is one."""
        if self.model is None:
            return False
        learned: dict[str, Any] = {"steps": self.step, "max_images": self.max_images}
        if self.live.marks:
            learned["changes"] = [[mark.step, mark.text] for mark in self.live.marks]
        recipe = self.made if self.made is not None else describe(self.recipe, self.done_epochs) | learned
        # Within an epoch the optimiser is further than what was kept of it.
        state = self.optimizer if self.step * self.recipe.training.epochs == self.done_epochs * self.steps else {}
        checkpoint.save(self.model, path, recipe, figures(self.val, self.test, self.seconds), state)
        return True

    @property
    def said(self) -> str:
        """What the visitor is told of it, once it is not waiting."""
        if self.state == "running" and self.live.stands:
            where = f"in epoch {max(self.epoch, 1)} of {self.recipe.training.epochs}"
            return f"Paused after {count(self.step, 'step')}, {where}."
        return self.message

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with it, if anything."""
        if self.made is not None or not self.step:
            return []
        failed = self.message if self.state == "failed" else ""
        told = {"failed": failed, "since": self.live.since}
        return diagnose(self.curve.points, self.val_curve, self.live.config, self.recipe.model, **told)

    def view(self, place: int) -> View:
        """Return what the page is told; `place` is how many jobs are ahead while it waits."""
        return View(
            id=self.id,
            state=self.state,
            message=waiting_message(place) if self.state == "waiting" else self.said,
            progress=self.fetched if self.state == "fetching" else self.step / max(self.steps, 1),
            seconds_left=self.seconds_left,
            step=self.step,
            steps=self.steps,
            epoch=self.epoch,
            epochs=self.recipe.training.epochs,
            curves=Curves(tuple(self.curve.points), tuple(self.val_curve)),
            test_accuracy=self.test.accuracy if self.test else None,
            test_images=int(self.test.confusion.sum()) if self.test else 0,
            can_use=self.model is not None,
            learning=self.learning,
            paused=self.live.stands,
            slow=self.live.tempo.slow,
            pace=self.pace,
            settings=self.live.settings,
            marks=tuple(self.live.marks),
            names=self.recipe.model.class_names,
            findings=tuple(self.findings),
        )


def count(number: int, what: str) -> str:
    """Return `1 step` or `812 steps`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def waiting_message(place: int) -> str:
    """Tell a visitor who waits how many are ahead."""
    if place == 0:
        return "Waiting: yours is next."
    return f"Waiting: {count(place, 'training')} {'is' if place == 1 else 'are'} ahead of yours."


def sentence(text: str) -> str:
    """Return the first line of an error's text as a sentence."""
    line = text.strip().split("\n")[0]
    return f"{line[:1].upper()}{line[1:].rstrip('.')}."


def only_to_read(model: VisionTransformer, step: int) -> None:
    """Make a model that was trained for `step` steps one to keep: without gradients, in evaluation mode.

    Raises:
        DivergedError: a weight is no finite number.
    """
    model.zero_grad(set_to_none=True)
    model.eval().requires_grad_(False)
    check_finite(model, step)
