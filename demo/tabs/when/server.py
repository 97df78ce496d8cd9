"""When did it know? The readings of a drawing's beginnings, part of the pen's way by part, in one batch."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from demo import serialize
from demo.models import LoadedModel
from demo.requests import SMALLEST, Payload, Reader, answered
from vit import ink
from vit.model import TOKENS_AT_ONCE

STEPS = 36  # parts of equal length that the pen's way is cut into
ENDS = 11  # strokes' ends that are read besides, at most
MANY = 1000  # points of a part; in more than that, points are left out
NO_PATH = "This digit came as a picture, so nobody knows the way of the pen. Draw one, or take an example."


class When:
    """Answer the tab's request: a drawing and a model's token."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @answered
    def parts(self, payload: Payload) -> Payload:
        """Answer with the readings of the drawing's beginnings; or `error` with one sentence.

        Of each of the n parts that can be read, in their order: `images` (n, H, W), `attention` (n, N) of the last
        block's cls token (of all patches where these answer), mean of the heads, `probs`, `digit`, `sure`; `at`, how
        many of the points it has, the last one in part; `share` of the way, in [0, 1]; `time`, milliseconds from the
        pen's first touch, or None where nobody knows. The last part is the drawing. `settled` is the first part from
        which the digit stays.
        """
        whole, loaded = self.reader.asked(payload)
        return {"error": NO_PATH} if "sample" in payload else readings(loaded, Pen.of(payload["strokes"]), whole)


@dataclass(frozen=True, eq=False)
class Pen:
    """The way of a pen. A cut of it is a number of points, the last of them in part.

    Attributes:
        points: (n, 2), in the sheet's unit.
        stroke: (n,), the number of the stroke that each is of.
        way: (n,), the share in [0, 1] of its way that the pen has drawn at each point; from stroke to stroke it draws
            nothing. Where there are dots alone, each counts as much.
        times: (n,), milliseconds; None where one is missing, or they run backwards.
    """

    points: np.ndarray
    stroke: np.ndarray
    way: np.ndarray
    times: np.ndarray | None

    @classmethod
    def of(cls, strokes: list[list[list[float]]]) -> Pen:
        """Return the way of a pen that drew these strokes; they have been read before, so they can be."""
        points = np.array([point[:2] for stroke in strokes for point in stroke], dtype=np.float64)
        stroke = np.repeat(np.arange(len(strokes)), [len(stroke) for stroke in strokes])
        scaled = points / np.abs(points).max()  # so that nothing overflows, however large the numbers are
        steps = np.hypot(*np.diff(scaled, axis=0, prepend=scaled[:1]).T)
        way = np.cumsum(np.where(np.diff(stroke, prepend=-1) > 0, 0, steps))
        way = way / way[-1] if way[-1] > 0 else np.linspace(0, 1, len(way))
        return cls(points, stroke, way, clock(strokes))

    def cuts(self) -> list[float]:
        """Return at most STEPS + ENDS cuts, rising: evenly along the way, and strokes' ends; the last is the whole."""
        ends = np.flatnonzero(np.diff(self.stroke)) + 1
        chosen = ends[np.linspace(0, len(ends) - 1, min(ENDS, len(ends))).round().astype(int)]
        marks = np.arange(1, STEPS) / STEPS
        after = np.searchsorted(self.way, marks)  # the point that a mark lies before
        drawn = self.stroke[after] == self.stroke[after - 1]  # always, but for dots alone
        marks, after = marks[drawn], after[drawn]
        part = (marks - self.way[after - 1]) / (self.way[after] - self.way[after - 1])
        return np.unique(np.concatenate([after + part, chosen, [len(self.points)]])).tolist()

    def beginning(self, cut: float) -> list[np.ndarray]:
        """Return the strokes up to a cut, each (points, 2); of very many points only some, for each takes its time."""
        count, part = int(cut), cut % 1
        points, stroke = self.points[:count], self.stroke[:count]
        if part:
            tip = points[-1] * (1 - part) + self.points[count] * part
            points, stroke = np.vstack([points, tip]), np.append(stroke, stroke[-1])
        every = 1 + len(points) // MANY
        chosen = np.unique(np.append(np.arange(0, len(points), every), len(points) - 1))
        return np.split(points[chosen], np.flatnonzero(np.diff(stroke[chosen])) + 1)


def readings(loaded: LoadedModel, pen: Pen, whole: np.ndarray) -> Payload:
    """Read the beginnings of a drawing that as a whole gives the image `whole` (H, W); see `When.parts`."""
    cuts, images = readable(pen, whole)
    shown = torch.from_numpy(np.stack(images))  # (n, H, W)
    probs, sure, attention = read(loaded, shown[:, None])
    prediction = loaded.read(whole)[1]  # to the last digit what the page says, which a batch need not be
    rows = [*probs[:-1].tolist(), prediction.probs]
    digits = [row.index(max(row)) for row in rows]
    return {
        "images": serialize.pack(shown, "u8"),
        "attention": serialize.pack(attention, "u16"),
        "probs": [[round(share, 6) for share in row] for row in rows],
        "digit": digits,
        "in_distribution": [*sure[:-1].tolist(), prediction.in_distribution],
        "settled": settled(digits),
        "at": [round(cut, 4) for cut in cuts],
        "share": [round(between(pen.way, cut), 6) for cut in cuts],
        "time": None if pen.times is None else [round(between(pen.times, cut) - pen.times[0]) for cut in cuts],
    }


def readable(pen: Pen, whole: np.ndarray) -> tuple[list[float], list[np.ndarray]]:
    """Return the cuts at which the drawing's beginning is more than a dot, and the images (H, W); the last is whole."""
    cuts, images = [], []
    for cut in pen.cuts()[:-1]:
        try:
            images.append(ink.from_strokes(pen.beginning(cut), SMALLEST))
            cuts.append(cut)
        except ValueError:  # nothing to read yet
            continue
    return [*cuts, float(len(pen.points))], [*images, whole]


@torch.inference_mode()
def read(loaded: LoadedModel, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Read images (B, C, H, W): calibrated probabilities (B, K), sure (B,) bool, where it looks at last (B, N)."""
    found = []
    for part in images.split(max(1, TOKENS_AT_ONCE // loaded.model.config.num_tokens)):
        trace = loaded.model.trace(part)
        sure = loaded.calibration.in_distribution(trace, part)
        found.append((loaded.calibration.probs(trace.logits), sure, trace.answer_attention[-1].mean(dim=1)))
    probs, sure, attention = (torch.cat(parts) for parts in zip(*found, strict=True))
    return probs, sure, attention


def settled(digits: list[int]) -> int:
    """Return the first place from which on all digits are the last one."""
    changes = [at for at, (before, now) in enumerate(pairwise(digits), start=1) if before != now]
    return changes[-1] if changes else 0


def between(values: np.ndarray, cut: float) -> float:
    """Return what the values (n,) of the points come to at a cut."""
    return float(np.interp(cut - 1, np.arange(len(values)), values))


def clock(strokes: list[list[list[float]]]) -> np.ndarray | None:
    """Return when each point was drawn (n,), in milliseconds; None where one is missing, or they run backwards."""
    times = [point[2] if len(point) > 2 else None for stroke in strokes for point in stroke]
    if not all(isinstance(time, (int, float)) and abs(time) <= sys.float_info.max for time in times):
        return None
    found = np.array(times, dtype=np.float64)
    return found if (np.diff(found) >= 0).all() and found[-1] > found[0] else None
