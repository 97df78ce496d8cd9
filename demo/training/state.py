"""Training state: what the page shows of one training. Written down once, here, for Python and for the browser."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from demo.training.curves import Point
from train.diagnosis.rules import Finding

Status = Literal["waiting", "fetching", "running", "done", "stopped", "failed"]
End = Literal["done", "stopped", "failed"]
ENDS = get_args(End)


@dataclass(frozen=True)
class Mark:
    """Settings that the visitor changed after `step` steps, in words."""

    step: int
    text: str


@dataclass(frozen=True)
class TrainingState:
    """Snapshot of a training for the page.

    `demo.training.job.Job` has an attribute for each field; a new field needs no more than that and a view.

    Attributes:
        message: one sentence for the visitor.
        progress: of the download, then of the steps, in [0, 1].
        seconds_left: of the training, at the speed so far; None before the second step and after the end.
        epoch: the current one, from 1; 0 before the first.
        train, val: curves; at most `demo.training.curves.MAX_POINTS` points of `train`, one point of `val` per epoch.
        test_accuracy: of the final weights, in [0, 1]; None before the end.
        test_interval: its 95 % confidence interval.
        can_use: whether there is a final model.
        learning: whether steps are taken, or paused.
        paused, slow: as the visitor asked.
        pace: steps per second, 0 if unknown.
        settings: `lr` (its peak), `weight_decay` and `augmentation` as they are now.
        marks: changes of these settings.
        names: of the classes.
        findings: problems, in words; see `train.diagnosis.rules`.
    """

    id: str
    state: Status
    message: str
    progress: float
    seconds_left: float | None
    step: int
    steps: int
    epoch: int
    epochs: int
    train: tuple[Point, ...]
    val: tuple[Point, ...]
    test_accuracy: float | None
    test_interval: tuple[float, float] | None
    can_use: bool
    learning: bool
    paused: bool
    slow: bool
    pace: float
    settings: dict[str, float]
    marks: tuple[Mark, ...]
    names: tuple[str, ...]
    findings: tuple[Finding, ...]

    def pack(self, max_points: int | None = None) -> dict[str, Any]:
        """Serialise for the browser; curves become rows, thinned evenly to `max_points`."""
        curves = {name: [point.row() for point in thin(getattr(self, name), max_points)] for name in ("train", "val")}
        return asdict(self) | curves


def thin(points: tuple[Point, ...], most: int | None) -> tuple[Point, ...]:
    """Return at most `most` points at even distances, the last one among them."""
    every = max(1, -(-len(points) // most)) if most else 1
    return points[::-1][::every][::-1]
