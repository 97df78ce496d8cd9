"""The path of a pen, and the beginnings of a drawing along it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STEPS = 36  # parts of equal length that the pen's path is cut into
MAX_STROKE_ENDS = 11  # cut at in addition
MAX_POINTS = 1000  # of a part; of more points, some are left out


@dataclass(frozen=True, eq=False)
class PenPath:
    """The path of a pen. A cut of it is a number of points, the last of them in part.

    Attributes:
        points: (n, 2), in the sheet's unit.
        stroke: (n,), the number of the stroke that each point belongs to.
        share: (n,), the share in [0, 1] of the path that is drawn at each point; the way from stroke to stroke does
            not count. If there are only dots, each counts the same.
        times: (n,), milliseconds; None where one is missing, or they decrease.
    """

    points: np.ndarray
    stroke: np.ndarray
    share: np.ndarray
    times: np.ndarray | None

    @classmethod
    def from_strokes(cls, strokes: Sequence[Sequence[Sequence[float]]]) -> PenPath:
        """Return the path of a pen that drew these valid strokes, of points (x, y) or (x, y, milliseconds, ...)."""
        points = np.array([point[:2] for stroke in strokes for point in stroke], dtype=np.float64)
        stroke = np.repeat(np.arange(len(strokes)), [len(stroke) for stroke in strokes])
        scaled = points / np.abs(points).max()  # so that large numbers do not overflow
        steps = np.hypot(*np.diff(scaled, axis=0, prepend=scaled[:1]).T)
        length = np.cumsum(np.where(np.diff(stroke, prepend=-1) > 0, 0, steps))
        share = length / length[-1] if length[-1] > 0 else np.linspace(0, 1, len(length))
        return cls(points, stroke, share, point_times(strokes))

    def cuts(self) -> list[float]:
        """Return at most STEPS + MAX_STROKE_ENDS rising cuts: even ones, and strokes' ends; the last is the whole."""
        ends = np.flatnonzero(np.diff(self.stroke)) + 1
        chosen = ends[np.linspace(0, len(ends) - 1, min(MAX_STROKE_ENDS, len(ends))).round().astype(int)]
        marks = np.arange(1, STEPS) / STEPS
        after = np.searchsorted(self.share, marks)  # the first point after each mark
        drawn = self.stroke[after] == self.stroke[after - 1]  # false only where all strokes are dots
        marks, after = marks[drawn], after[drawn]
        part = (marks - self.share[after - 1]) / (self.share[after] - self.share[after - 1])
        return np.unique(np.concatenate([after + part, chosen, [len(self.points)]])).tolist()

    def beginning(self, cut: float) -> list[np.ndarray]:
        """Return the strokes up to a cut, each (points, 2); at most about MAX_POINTS points."""
        count, part = int(cut), cut % 1
        points, stroke = self.points[:count], self.stroke[:count]
        if part:
            tip = points[-1] * (1 - part) + self.points[count] * part
            points, stroke = np.vstack([points, tip]), np.append(stroke, stroke[-1])
        every = 1 + len(points) // MAX_POINTS
        chosen = np.unique(np.append(np.arange(0, len(points), every), len(points) - 1))
        return np.split(points[chosen], np.flatnonzero(np.diff(stroke[chosen])) + 1)


def point_times(strokes: Sequence[Sequence[Sequence[float]]]) -> np.ndarray | None:
    """Return the time of each point (n,), in milliseconds; None where one is missing, or they decrease."""
    times = [point[2] if len(point) > 2 else None for stroke in strokes for point in stroke]
    if not all(isinstance(time, (int, float)) and abs(time) <= sys.float_info.max for time in times):
        return None
    array = np.array(times, dtype=np.float64)
    return array if (np.diff(array) >= 0).all() and array[-1] > array[0] else None
