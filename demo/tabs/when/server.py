"""Answer of tab "When": the readings of a drawing's beginnings along the pen's path, in one batch."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from demo import serialize
from demo.models import LoadedModel
from demo.requests import SMALLEST, Payload, Reader, errors_as_answers
from vit import ink
from vit.model import TOKENS_AT_ONCE

STEPS = 36  # parts of equal length that the pen's path is cut into
MAX_STROKE_ENDS = 11  # read in addition
MAX_POINTS = 1000  # of a part; of more points, some are left out
NO_PATH = "This digit is a picture, so the path of its pen is not known. Draw one, or take an example."


class When:
    """Answer the tab's request: a drawing and a model's token."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def parts(self, payload: Payload) -> Payload:
        """Answer with the readings of the drawing's beginnings; or `error` with one sentence.

        Of each of the n parts that can be read, in their order: `images` (n, H, W), `attention` (n, N) of the last
        block's cls token (or of all patches, for a model that averages them), mean of the heads, `probs`, `digit`,
        `in_distribution`; `at`, its number of points, the last one in part; `share` of the path, in [0, 1]; `time`,
        milliseconds since the pen's first touch, or None if not known. The last part is the whole drawing. `settled`
        is the first part from which the digit stays.
        """
        whole, loaded = self.reader.image_and_model(payload)
        if "sample" in payload or "picture" in payload:
            return {"error": NO_PATH}
        return read_beginnings(loaded, PenPath.from_strokes(payload["strokes"]), whole)


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
    def from_strokes(cls, strokes: list[list[list[float]]]) -> PenPath:
        """Return the path of a pen that drew these valid strokes."""
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


def read_beginnings(loaded: LoadedModel, path: PenPath, whole: np.ndarray) -> Payload:
    """Read the beginnings of a drawing whose image is `whole` (H, W); see `When.parts`."""
    cuts, images = readable_parts(path, whole)
    stacked = torch.from_numpy(np.stack(images))  # (n, H, W)
    probs, in_distribution, attention = read_batch(loaded, stacked[:, None])
    prediction = loaded.read(whole)[1]  # exactly what the page shows, from which a batch may differ by rounding
    rows = [*probs[:-1].tolist(), prediction.probs]
    digits = [row.index(max(row)) for row in rows]
    times = path.times
    return {
        "images": serialize.pack(stacked, "u8"),
        "attention": serialize.pack(attention, "u16"),
        "probs": [[round(share, 6) for share in row] for row in rows],
        "digit": digits,
        "in_distribution": [*in_distribution[:-1].tolist(), prediction.in_distribution],
        "settled": settled(digits),
        "at": [round(cut, 4) for cut in cuts],
        "share": [round(interpolate(path.share, cut), 6) for cut in cuts],
        "time": None if times is None else [round(interpolate(times, cut) - times[0]) for cut in cuts],
    }


def readable_parts(path: PenPath, whole: np.ndarray) -> tuple[list[float], list[np.ndarray]]:
    """Return the cuts whose beginning is more than a dot, and their images (H, W); the last is `whole`."""
    cuts, images = [], []
    for cut in path.cuts()[:-1]:
        try:
            images.append(ink.from_strokes(path.beginning(cut), SMALLEST))
            cuts.append(cut)
        except ValueError:  # nothing to read yet
            continue
    return [*cuts, float(len(path.points))], [*images, whole]


@torch.inference_mode()
def read_batch(loaded: LoadedModel, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Read images (B, C, H, W): calibrated probabilities (B, K), in distribution (B,) bool, last attention (B, N)."""
    results = []
    for part in images.split(max(1, TOKENS_AT_ONCE // loaded.model.config.num_tokens)):
        trace = loaded.model.trace(part)
        in_distribution = loaded.calibration.in_distribution(trace, part)
        attention = trace.answer_attention[-1].mean(dim=1)
        results.append((loaded.calibration.probs(trace.logits), in_distribution, attention))
    probs, in_distribution, attention = (torch.cat(parts) for parts in zip(*results, strict=True))
    return probs, in_distribution, attention


def settled(digits: list[int]) -> int:
    """Return the first index from which on all digits equal the last one."""
    changes = [at for at, (before, now) in enumerate(pairwise(digits), start=1) if before != now]
    return changes[-1] if changes else 0


def interpolate(values: np.ndarray, cut: float) -> float:
    """Interpolate the values (n,) of the points at a cut."""
    return float(np.interp(cut - 1, np.arange(len(values)), values))


def point_times(strokes: list[list[list[float]]]) -> np.ndarray | None:
    """Return the time of each point (n,), in milliseconds; None where one is missing, or they decrease."""
    times = [point[2] if len(point) > 2 else None for stroke in strokes for point in stroke]
    if not all(isinstance(time, (int, float)) and abs(time) <= sys.float_info.max for time in times):
        return None
    array = np.array(times, dtype=np.float64)
    return array if (np.diff(array) >= 0).all() and array[-1] > array[0] else None
