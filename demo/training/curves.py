"""The curves of a training: few points however long it is, and none that changes once it was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

MAX_POINTS = 200


class Point(NamedTuple):
    """A point of a curve, after `step` steps: loss in nats, accuracy in [0, 1].

    Of training there are also the learning rate and the length of the gradient.
    """

    step: int
    loss: float
    accuracy: float
    lr: float = 0.0
    gradient: float = 0.0


@dataclass(frozen=True)
class Curves:
    """What the page draws: means over equally many batches as they were learned, and one point of `val` an epoch."""

    train: tuple[Point, ...]
    val: tuple[Point, ...]


class Thinned:
    """A curve of at most `most` points for a training of `steps` steps.

    Each is the mean over `width` steps and stands at the last of them.
    """

    def __init__(self, steps: int, most: int = MAX_POINTS) -> None:
        self.width = max(1, ceil(steps / most))
        self.points: list[Point] = []
        self.open: list[Point] = []

    def add(self, point: Point) -> None:
        """Count one more step."""
        self.open.append(point)
        if len(self.open) == self.width:
            self.flush()

    def flush(self) -> None:
        """Make the steps that do not fill a point the last point, a shorter one; nothing may be added afterwards."""
        if self.open:
            self.points.append(mean_point(self.open))
            self.open = []


def mean_point(points: Sequence[Point]) -> Point:
    """Return the mean of `points`, at the step of the last."""
    columns = list(zip(*points, strict=True))[1:]
    return Point(points[-1].step, *(sum(column) / len(points) for column in columns))
