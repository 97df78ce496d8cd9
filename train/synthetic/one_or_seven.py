"""The border between a one with a flag and a seven: the angle and the length of the flag decide."""

from __future__ import annotations

import math

import numpy as np

ONE_UNDER = 55.0  # degrees between flag and stem: a smaller angle makes a one
SEVEN_OVER = 75.0  # degrees: a larger angle makes a seven, if the bar is long
LONG_BAR = 1 / 3  # of the drawing's height: a seven's bar is longer


def measure_flag(hook: np.ndarray) -> tuple[float, float]:
    """Measure a hook: a flag, the corner and the stem, points (3, 2) with y downwards.

    Returns:
        The angle between flag and stem in degrees, in [0, 180], and the length of the flag as a share of the height.

    Raises:
        ValueError: there are not three points, or flag or stem has no length.
    """
    if np.shape(hook) != (3, 2):
        raise ValueError(f"A hook should have three points [x, y], got shape {np.shape(hook)}.")
    flag, stem = hook[0] - hook[1], hook[2] - hook[1]
    lengths = np.hypot(*flag), np.hypot(*stem)
    if min(lengths) == 0:
        raise ValueError("A hook should have a flag and a stem with a length.")
    cosine = np.clip(flag @ stem / (lengths[0] * lengths[1]), -1, 1)
    return math.degrees(math.acos(cosine)), float(lengths[0] / np.ptp(hook[:, 1]))


def one_or_seven(hook: np.ndarray) -> int | None:
    """Read a hook (3, 2), as `measure_flag`: 1, 7, or None on the border, where people disagree."""
    angle, length = measure_flag(hook)
    if angle < ONE_UNDER:
        return 1
    return 7 if angle > SEVEN_OVER and length > LONG_BAR else None
