"""Find the digits in a picture, from left to right, each with its place."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from vit.ink.image import DOT_PIXELS, prepare_image, segment_ink
from vit.ink.parts import Parts, label_parts
from vit.ink.strokes import from_ink, refuse_dot, trim

OVERLAP = 0.4  # of the narrower part's width: parts that share more columns are pieces of one digit
TALL = 0.5  # of the tallest part's height: a lower part is a piece of the digit next to it
MERGED = 0.04  # of the tallest part's height: a narrower gap is a break in a stroke
TOUCHING = 0.75  # least ratio of width to height of two digits that touch
MIDDLE = 0.25, 0.75  # of its width: the range in which such ink is cut in two
BROAD, NARROW = (
    0.95,
    0.5,
)  # ratio of width to height of ink that may have been stretched: wider at least, higher at most
STRETCHED = (1.5, 2.0)  # factors of a stretch that are tried

TYPICAL = 0.97  # largest score of a reading that changes the ink; ink that is as typical itself is not cut in two

# OOD scores (see `Calibration.ood_score`): images (n, 28, 28) in [0, 1] -> (n,) in [0, 1], 1 for the least typical.
Score = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Digit:
    """A digit in a picture.

    Attributes:
        image: (28, 28) float32 in [0, 1], white ink on black, as `from_image` makes it.
        box: left, top, right, bottom in pixels of the picture; right and bottom are exclusive.
    """

    image: np.ndarray
    box: tuple[int, int, int, int]


def find_digits(image: ArrayLike, score: Score | None = None) -> list[Digit]:
    """Find the digits in a picture, at least one, from left to right.

    Args:
        image: picture, as for `from_image`.
        score: OOD scores. They decide whether ink was stretched, and whether it is two digits that touch. Without it,
            each piece of ink is one digit, as it is.

    Raises:
        ValueError: as `from_image`.
    """
    return digits_of_ink(segment_ink(prepare_image(image)), np.shape(image), score)


def digits_of_ink(ink: np.ndarray, shape: tuple[int, ...], score: Score | None = None) -> list[Digit]:
    """Find the digits in the ink (H, W) of a picture, as `find_digits`; the picture's `shape` may be larger."""
    scale = [full // small for full, small in zip(shape[:2], ink.shape, strict=True)]
    refuse_dot(ink)
    masks = split_digits(ink > 0)
    return [digit for mask in masks for digit in _read(np.where(mask, ink, 0), scale, score)]


def _read(ink: np.ndarray, scale: list[int], score: Score | None) -> list[Digit]:
    """Return the digit of ink (H, W), or the two digits if the score finds that two touch each other."""
    images = readings(trim(ink))
    pieces = cut_in_two(ink) if score else []
    halves = [from_ink(trim(piece)) for piece in pieces]
    if score is None or len(images) + len(halves) == 1:
        return [Digit(images[0], _box(ink, scale))]
    scores = np.array(score(np.stack([*images, *halves])))
    scores[1:] = np.where(scores[1:] <= TYPICAL, scores[1:], np.inf)  # otherwise a non-digit would have many chances
    whole = scores[: len(images)]
    if halves and scores[0] > TYPICAL and scores[len(images) :].max() < whole.min():
        return [Digit(half, _box(piece, scale)) for half, piece in zip(halves, pieces, strict=True)]
    return [Digit(images[int(whole.argmin())], _box(ink, scale))]


def cut_in_two(ink: np.ndarray) -> list[np.ndarray]:
    """Cut ink (H, W) at the middle column with the least ink, into two pieces (H, W); none if it is too narrow."""
    columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    left, width = columns[0], columns[-1] + 1 - columns[0]
    if width < max(TOUCHING * (rows[-1] + 1 - rows[0]), 2 * DOT_PIXELS):
        return []
    first, last = (left + round(share * width) for share in MIDDLE)
    cut = first + int(ink[:, first:last].sum(axis=0).argmin())
    before = np.arange(ink.shape[1]) < cut
    pieces = [np.where(before, ink, 0), np.where(before, 0, ink)]
    return pieces if all(_is_large(piece, ink) for piece in pieces) else []


def _is_large(piece: np.ndarray, ink: np.ndarray) -> bool:
    """Tell whether a piece of ink (H, W) is at least half as high as all of it."""
    rows, all_rows = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(ink.any(axis=1))
    return bool(len(rows) and np.ptp(rows) >= TALL * np.ptp(all_rows))


def readings(ink: np.ndarray) -> list[np.ndarray]:
    """Return the digit (28, 28) of cropped ink (H, W) as it is, and, if it may be stretched, as it was before."""
    height, width = ink.shape
    sizes = [(width, height / factor) for factor in STRETCHED] if width <= NARROW * height else []
    sizes += [(width / factor, height) for factor in STRETCHED] if width >= BROAD * height else []
    picture = Image.fromarray(ink.astype(np.float32))
    smaller = (picture.resize((max(1, round(w)), max(1, round(h))), Image.Resampling.BOX) for w, h in sizes)
    return [from_ink(ink), *(from_ink(np.pad(np.asarray(each), 1)) for each in smaller if min(each.size) > 2)]


def split_digits(mask: np.ndarray) -> list[np.ndarray]:
    """Split a mask of ink (H, W) into masks (H, W) of its digits, from left to right."""
    parts = label_parts(mask)
    groups = _group_columns(parts)
    return [np.isin(parts.labels, np.array(group) + 1) for group in groups]


def _group_columns(parts: Parts) -> list[list[int]]:
    """Group parts that are pieces of one digit, from left to right: lists of their indices."""
    height = parts.high[:, 0] - parts.low[:, 0] + 1
    tall = height >= TALL * height.max()
    groups: list[list[int]] = []
    for at in sorted(np.flatnonzero(tall).tolist(), key=lambda at: parts.low[at, 1]):
        if groups and _is_piece(parts, groups[-1], at, MERGED * height.max()):
            groups[-1].append(at)
        else:
            groups.append([at])
    for at in np.flatnonzero(~tall).tolist():
        min(groups, key=lambda group: _gap(parts, group, at)).append(at)
    return groups


def _is_piece(parts: Parts, group: list[int], at: int, gap: float) -> bool:
    """Tell whether a part is a piece of a group's digit: it shares many columns, or is nearer than `gap` pixels."""
    low, high = parts.low[group, 1].min(), parts.high[group, 1].max()
    shared = min(high, parts.high[at, 1]) - max(low, parts.low[at, 1]) + 1
    narrower = min(high - low, parts.high[at, 1] - parts.low[at, 1]) + 1
    return bool(shared > OVERLAP * narrower or _gap(parts, group, at) < gap)


def _gap(parts: Parts, group: list[int], at: int) -> float:
    """Distance of a part to the nearest part of a group between their bounding boxes, in pixels."""
    apart = np.maximum(parts.low[group] - parts.high[at], parts.low[at] - parts.high[group])
    return float(np.hypot(*np.maximum(apart, 0).T).min())


def _box(mask: np.ndarray, scale: list[int]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a mask in pixels of a picture that is `scale` times as high and wide."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom = (round(scale[0] * edge) for edge in (rows[0], rows[-1] + 1))
    left, right = (round(scale[1] * edge) for edge in (columns[0], columns[-1] + 1))
    return left, top, right, bottom
