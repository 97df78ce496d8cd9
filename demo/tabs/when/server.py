"""Answer of tab "When": the readings of a drawing's beginnings along the pen's path, in one batch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from demo import serialize
from demo.models import LoadedModel
from demo.requests import SMALLEST, Payload, Reader, errors_as_answers
from vit import ink
from vit.ink.pen_path import PenPath
from vit.model import TOKENS_AT_ONCE

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
