"""Separate strokes from clutter in a picture: frames, rules, axes, boxes, small print, a thumb at the edge.

Each step detects one kind of clutter, by the properties of that kind. No step removes everything in a picture.
"""

from collections.abc import Callable

import numpy as np
import scipy

from vit.ink.parts import Parts, label_parts

LONG = 0.75  # of the picture's side: length of the shortest rule
NARROW = 0.03  # of the picture's side: width of the widest rule
BEYOND = 0.03  # of the picture's side: least length of a rule beyond the strokes, at both ends
MANY = 2  # a picture with more lines than this, and nothing else, shows no digit
SMALLEST_LINED = 40  # pixels, least side of a picture: in a smaller one a rule may be as wide as a stroke
STRONGER = 1.3  # least ratio of the contrast of ink to that of a rule that it crosses

AROUND = 0.6  # of the picture's side: least side of a frame inside it
SIDE = 0.6  # least share of a frame's side that is straight; of a 0 it is a third
STRAIGHT = 0.04  # of a frame's side: largest deviation from a straight line
FILLED = 0.9  # least share of its bounding box that a box fills
SMALLEST_BOX = 8  # pixels, least length of a box's shorter side
WIDE = 0.8  # least ratio of width to height of a box; a 1 is slender
TOUCH = 0.3  # of its extent: a part with a longer contact with the picture's edge is an object at the edge ...
CLEAR = 0.2  # of the picture's shorter side: ... if another part of this extent does not touch the edge
SMALL = 0.25  # of the largest part's extent: a part with less is small print ...
NEAR = 0.12  # of the largest part's extent: ... if its distance to large parts is larger than this

ONLY_LINES = "There is no digit to see: the picture shows only lines."


def without_rules(contrast: np.ndarray, threshold: float) -> np.ndarray:
    """Remove rules and axes from contrast (H, W): thin straight lines that reach beyond the strokes at both ends.

    Raises:
        ValueError: there are many lines and nothing else.
    """
    if min(contrast.shape) < SMALLEST_LINED:
        return contrast
    mask = contrast > threshold
    across, down = _long_lines(mask), _long_lines(mask.T).T
    if not (across.any() or down.any()):
        return contrast
    rest = label_parts(mask & ~across & ~down)
    if not len(rest.size):
        if len(label_parts(across).size) + len(label_parts(down).size) > MANY:
            raise ValueError(ONLY_LINES)
        return contrast
    main = rest.extent.argmax()
    low, high = rest.low[main], rest.high[main]
    rows = _reaching(across, low, high, np.zeros_like(mask))
    columns = _reaching(down.T, low[::-1], high[::-1], rows.T)
    return _bridged(_bridged(contrast, rows).T, columns).T


def _long_lines(mask: np.ndarray) -> np.ndarray:
    """Mark the thin lines of a mask (H, W) that run from left to right."""
    length = int(LONG * mask.shape[1])
    eroded = scipy.ndimage.minimum_filter1d(mask.astype(np.uint8), length, axis=1, mode="constant")
    runs = scipy.ndimage.maximum_filter1d(eroded, length, axis=1, mode="constant", origin=-1 + length % 2) > 0
    parts = label_parts(runs & mask)
    height = parts.high[:, 0] - parts.low[:, 0] + 1
    return parts.mask_of(height <= max(2, NARROW * mask.shape[0]))


def _reaching(lines: np.ndarray, low: np.ndarray, high: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Select the lines (H, W) that are rules, and not strokes of the digit with this bounding box.

    A rule reaches beyond the box to the left and to the right. A line through the box may be the bar of a digit, so it
    must reach farther than a line above or below. Lines above and below together are a frame, at any length. A line
    above or below that meets `others` (H, W), lines of the other direction, is an axis.
    """
    parts = label_parts(lines)
    above, under = parts.high[:, 0] < low[0], parts.low[:, 0] > high[0]
    beside = above | under
    beyond = np.where(beside, 1, BEYOND * lines.shape[1])
    rules = (parts.low[:, 1] < low[1] - beyond) & (parts.high[:, 1] > high[1] + beyond)
    meeting = np.bincount(parts.labels[scipy.ndimage.binary_dilation(others)], minlength=len(parts.size) + 1)[1:] > 0
    return parts.mask_of(rules | (beside & ((above.any() & under.any()) | meeting)))


def _bridged(contrast: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Replace horizontal lines in contrast (H, W) by the values above and below, or by ink that is stronger."""
    result, last = contrast.copy(), len(contrast) - 1
    parts = label_parts(lines)
    for low, high in zip(parts.low, parts.high, strict=True):
        rows, columns = np.arange(max(low[0] - 1, 0), min(high[0] + 1, last) + 1), slice(0, contrast.shape[1])
        above, below = contrast[max(rows[0] - 1, 0), columns], contrast[min(rows[-1] + 1, last), columns]
        share = ((np.arange(len(rows)) + 1) / (len(rows) + 1))[:, None]
        between = above + share * (below - above)
        own = contrast[rows, columns]
        level = np.median(own, axis=1, keepdims=True)
        stronger = own > np.maximum(STRONGER * level, level + 0.1)
        result[rows, columns] = np.where(stronger, np.maximum(own, between), np.minimum(own, between))
    return result


def without_frames(contrast: np.ndarray, threshold: float) -> np.ndarray:
    """Remove frames inside the picture from contrast (H, W)."""
    mask = contrast > threshold
    return np.where(mask & ~_without(frames, mask), 0, contrast)


def select_strokes(mask: np.ndarray) -> np.ndarray:
    """Select the parts of a mask (H, W) that are strokes of digits."""
    for clutter in (objects_at_edge, boxes, small_print):
        mask = _without(clutter, mask)
    return mask


def _without(clutter: Callable[[Parts, np.ndarray], np.ndarray], mask: np.ndarray) -> np.ndarray:
    """Remove the parts of a mask (H, W) that a function selects, unless it selects all of them."""
    parts = label_parts(mask)
    chosen = clutter(parts, mask)
    return mask if chosen.all() else parts.mask_of(~chosen)


def frames(parts: Parts, mask: np.ndarray) -> np.ndarray:
    """Select the parts of a mask (H, W) with four straight sides and another part inside, (parts,) bool."""
    size = parts.high - parts.low + 1  # (parts, 2)
    return np.array(
        [
            (size[at] >= AROUND * np.array(mask.shape)).all()
            and _surrounds(parts, at)
            and _has_straight_sides(parts, at)
            for at in range(len(size))
        ],
        bool,
    )


def _surrounds(parts: Parts, at: int) -> bool:
    """Tell whether a part's bounding box holds that of another part."""
    within = (parts.low > parts.low[at]).all(axis=1) & (parts.high < parts.high[at]).all(axis=1)
    return bool((within & (parts.extent >= SMALL * parts.extent[at])).any())


def _has_straight_sides(parts: Parts, at: int) -> bool:
    """Tell whether a part follows all four sides of its bounding box."""
    (top, left), (bottom, right) = parts.low[at], parts.high[at]
    own = parts.labels[top : bottom + 1, left : right + 1] == at + 1
    bands = (max(1, round(STRAIGHT * length)) for length in own.shape)
    rows, columns = bands
    sides = (
        own[:rows].any(axis=0),
        own[-rows:].any(axis=0),
        own[:, :columns].any(axis=1),
        own[:, -columns:].any(axis=1),
    )
    return all(side.mean() >= SIDE for side in sides)


def objects_at_edge(parts: Parts, mask: np.ndarray) -> np.ndarray:
    """Select the parts with a long contact with the picture's edge, like a thumb, if another part has no contact."""
    clear = (parts.contact == 0) & (parts.extent >= CLEAR * min(mask.shape))
    return (parts.contact > TOUCH * parts.extent) & clear.any()


def boxes(parts: Parts, _mask: np.ndarray) -> np.ndarray:
    """Select the filled rectangles that are not as slender as a 1, and not near to other parts."""
    size = parts.high - parts.low + 1
    filled = (parts.size >= FILLED * size.prod(axis=1)) & (size.min(axis=1) >= SMALLEST_BOX)
    return _apart(filled & (size[:, 1] >= WIDE * size[:, 0]), ~filled, parts)


def small_print(parts: Parts, _mask: np.ndarray) -> np.ndarray:
    """Select the parts that are far smaller than the largest one, and not near to any large one."""
    largest = parts.extent.max(initial=0)
    return _apart(parts.extent < SMALL * largest, parts.extent >= 2 * SMALL * largest, parts)


def _apart(chosen: np.ndarray, large: np.ndarray, parts: Parts) -> np.ndarray:
    """Select those of the `chosen` parts that are not near to `large` parts, (parts,) bool each."""
    if not chosen.any() or not large.any():
        return np.zeros_like(chosen)
    gap = scipy.ndimage.distance_transform_edt(~parts.mask_of(large))
    nearest = scipy.ndimage.minimum(gap, parts.labels, np.arange(len(chosen)) + 1)
    return chosen & (nearest > NEAR * parts.extent[large].max())
