"""Training curves, thinned to few points while they grow; a point never changes after it was added."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

MAX_POINTS = 200


class Point(NamedTuple):
    """A point of a curve, after `step` steps.

    Loss in nats, accuracy in [0, 1]; for training also the learning rate and the norm of the gradient.
    """

    step: int
    loss: float
    accuracy: float
    lr: float = 0.0
    gradient: float = 0.0

    def row(self) -> list[float]:
        """Return the point as a rounded row, in the order of the fields."""
        step, loss, accuracy, lr, gradient = self
        return [step, round(loss, 4), round(accuracy, 5), float(f"{lr:.4g}"), float(f"{gradient:.4g}")]


class ThinnedCurve:
    """A curve of at most `max_points` points for a training of `steps` steps.

    Each point is the mean over `width` steps and has the number of the last of them.
    """

    def __init__(self, steps: int, max_points: int = MAX_POINTS) -> None:
        self.width = max(1, ceil(steps / max_points))
        self.points: list[Point] = []
        self._pending: list[Point] = []

    def add(self, point: Point) -> None:
        """Add the values of one more step."""
        self._pending.append(point)
        if len(self._pending) == self.width:
            self.flush()

    def flush(self) -> None:
        """Add the pending steps as the last point, a mean over fewer steps; nothing may be added afterwards."""
        if self._pending:
            self.points.append(mean_point(self._pending))
            self._pending = []


def mean_point(points: Sequence[Point]) -> Point:
    """Mean of the points, at the step of the last one."""
    columns = list(zip(*points, strict=True))[1:]
    return Point(points[-1].step, *(sum(column) / len(points) for column in columns))
