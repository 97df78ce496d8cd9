"""Digits to learn, drawn once more by another hand: strokes from a pad, or pictures with a thin or a thick pen."""

from __future__ import annotations

import numpy as np
import torch
from tqdm import tqdm

from train.data import Digits
from train.strokes import Strokes, picture, redraw
from train.tracing import trace
from vit.ink import from_image, from_strokes

PEN = (4.0, 40.0)  # canvas pixels of 280


def redrawn(digits: Digits, count: int, seed: int) -> Digits:
    """Redraw `count` of the digits; the seed decides which, and how.

    Every other one comes as the pad's strokes, which have no width, the rest as pictures, with pens of `PEN`.

    Raises:
        ValueError: there are not as many digits.
        ImportError: scikit-image is missing, which thins the digits.
    """
    if count > len(digits):
        raise ValueError(f"digits must be at least the {count} that are redrawn, got {len(digits)}")
    chosen = np.random.default_rng(seed).permutation(len(digits))[:count]
    images = np.empty((count, 28, 28), np.uint8)
    for at, index in enumerate(tqdm(chosen.tolist(), desc="redrawing", disable=None)):
        random = np.random.default_rng([seed, index])
        pen = random.uniform(*PEN)
        lines = redraw(trace(digits.images[index].numpy()), random, pen)
        images[at] = np.rint(255 * (as_picture(lines, pen) if at % 2 else from_strokes(lines)))
    return Digits(torch.from_numpy(images), digits.labels[chosen])


def as_picture(lines: Strokes, pen: float) -> np.ndarray:
    """Draw strokes dark on light with a pen as wide as this, and return what a model gets of the picture (28, 28)."""
    return from_image(255 - picture(lines, pen))
