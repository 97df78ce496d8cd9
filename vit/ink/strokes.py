"""MNIST preprocessing: turn pen strokes or a picture into a 28x28 digit.

MNIST's rule (LeCun et al. 1998; reconstructed to the pixel by Yadav and Bottou, "Cold Case: the Lost MNIST Digits",
2019): scale the longest side of the ink to 20 pixels, keep the aspect ratio and antialias the edges; then shift by
whole pixels until the centre of mass is in the middle of 28x28. White ink on black, in [0, 1].
"""

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import ArrayLike
from PIL import Image

from vit.ink.image import DOT_PIXELS, FAINT, FULL, NOT_FINITE, prepare_image, segment_ink

SIDE = 28  # pixels a side of the result
BOX = 20  # pixels, longest side of the ink, from its first pixel that is not black to its last
CENTRE = 14  # the pixel index nearest to the centre of mass of an MNIST digit, along both axes

# MNIST's pen, fitted to 1,500 training digits: their skeletons were redrawn with many widths and softnesses. The mean
# squared error has a flat minimum: 0.0138 at width 2.6 and softness 1.6 to 1.8, where the blur also hides the error of
# the skeleton, and 0.0145 at the values below. The values below match MNIST best in three statistics: amount of ink
# (99 %), inked pixels of a digit (147.7 against 146.9) and the share of them that is white (40 % against 42 %).
# `from_strokes` redraws the skeletons with a longest side of 17.2 pixels, which is that of the original skeletons.
PEN_WIDTH = 2.6  # pixels, between the two edges, where ink is one half
PEN_SOFTNESS = 1.2  # pixels, width of an edge, where ink falls from white to black
SEGMENTS_AT_ONCE = 2048  # limits the memory for a long drawing

POINT = 1e-9  # pixels: a shorter segment counts as a point
DOT = 0.02  # of the picture's longest side: ink that is smaller is a dot
RESOLUTION = 1e-12  # of the largest coordinate: float64 rounding hides a smaller extent
MIN_WIDTH = 1.5  # pixels, of strokes in the result: the thinnest MNIST digits have 1.53 by `stroke_width`
FINE = 10  # pixels of the grid on which thin strokes are dilated, for each pixel of the result

NO_INK = "Draw a digit first: there is no ink yet."
ONLY_A_DOT = "There is only a dot: draw the digit larger."
NOT_STROKES = "Strokes should be lists of points [x, y, ...], each with two numbers or more."

Strokes = Sequence[Sequence[Sequence[float]]] | Sequence[np.ndarray] | np.ndarray


def from_strokes(strokes: Strokes, smallest: float = 0.0) -> np.ndarray:
    """Render pen strokes as an MNIST digit, with the pen width of MNIST.

    The result is invariant to translation and scale. A stroke of one point is drawn as a dot.

    Args:
        strokes: strokes of points (x, y, ...) in any unit, y downwards. Further columns (time, pressure) are ignored.
        smallest: a drawing with a smaller extent, in the same unit, counts as a dot. By default only a drawing
            without any extent is a dot, because only the caller knows the unit.

    Returns:
        (28, 28) float32 in [0, 1], white ink on black.

    Raises:
        ValueError: there is no point; a point is not two finite numbers; or the drawing is a dot.
    """
    segments = _segments(strokes)
    unit = max(np.abs(segments).max(), np.finfo(float).tiny)
    segments = segments / unit  # large coordinates must not overflow
    corner = segments.min(axis=(0, 1))
    extent = (segments.max(axis=(0, 1)) - corner).max()
    if extent < RESOLUTION or extent < smallest / unit:
        raise ValueError(ONLY_A_DOT)
    # The 20 pixels include the soft edge, except its last half pixel: no pixel's centre lies there.
    margin = (PEN_WIDTH + PEN_SOFTNESS - 1) / 2
    return _centred(_draw(margin + (segments - corner) * ((BOX - 2 * margin) / extent)))


def from_image(image: ArrayLike) -> np.ndarray:
    """Extract the digit from a picture of any size and any colours, as an MNIST digit.

    Ink differs from the background in colour or opacity; it may be darker or lighter. In uneven light, ink differs
    from the paper around it, and objects along the border are ignored. Strokes keep their width, but thinner ones
    become 1.5 pixels of the result wide.

    Args:
        image: (H, W) or (H, W, 1) grey, (H, W, 2) grey and alpha, (H, W, 3) or (H, W, 4) colour. Boolean, unsigned
            integers (full range, or only 0 and 1), or numbers in [0, 1] or [0, 255]. A constant alpha is ignored.

    Returns:
        (28, 28) float32 in [0, 1], white ink on black.

    Raises:
        ValueError: the array is not a picture, has NaN, has only one colour, or shows only noise, uneven light or
            a dot: ink smaller than 2 % of the picture's longest side, or than three pixels.
    """
    return from_ink(segment_ink(prepare_image(image)))


def from_ink(ink: np.ndarray) -> np.ndarray:
    """Make an MNIST digit (28, 28) of ink (H, W) in [0, 1], which is exactly 0 elsewhere, as `from_image` does.

    Raises:
        ValueError: the ink is a dot.
    """
    return _centred(_to_box(_thickened(refuse_dot(ink))))


def _centred(box: np.ndarray) -> np.ndarray:
    """Place ink (h, w) in 28x28 with its centre of mass in the middle, by whole pixels and with all ink inside."""
    box = trim(box)
    result = np.zeros((SIDE, SIDE), np.float32)
    top, left = (_shift(box.sum(axis=1 - axis, dtype=np.float64)) for axis in (0, 1))
    result[top : top + box.shape[0], left : left + box.shape[1]] = box
    return result


def _shift(mass: np.ndarray) -> int:
    """Return the offset along one axis, in pixels, for ink with this marginal mass (n,)."""
    centre = np.arange(len(mass)) @ mass / mass.sum()
    # For a symmetric drawing two shifts are equally good; the last term makes the choice robust to rounding.
    return int(np.clip(np.floor(CENTRE - centre + 0.5 + 1e-6), 0, SIDE - len(mass)))


def trim(ink: np.ndarray) -> np.ndarray:
    """Crop ink (H, W) to its bounding box."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _segments(strokes: Strokes) -> np.ndarray:
    """Convert strokes to line segments (n, 2, 2): start and end, x and y."""
    try:
        lines = [_points(stroke) for stroke in strokes]
    except (TypeError, ValueError, IndexError, KeyError):
        raise ValueError(NOT_STROKES) from None
    # A stroke of one point becomes a segment of length zero: a dot.
    lines = [line if len(line) > 1 else line.repeat(2, axis=0) for line in lines if len(line)]
    if not lines:
        raise ValueError(NO_INK)
    segments = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in lines])
    if not np.isfinite(segments).all():
        raise ValueError(NOT_FINITE.format("x and y of a stroke"))
    return segments


def _points(stroke: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    """Return the x and y of one stroke, (n, 2) float64."""
    points = np.array([(point[0], point[1]) for point in stroke])
    if points.ndim > 2 or points.dtype.kind not in "iuf":  # a third axis: x or y is a list
        raise TypeError
    return points.astype(np.float64).reshape(-1, 2)


def _draw(segments: np.ndarray) -> np.ndarray:
    """Render segments (n, 2, 2), in pixels, with MNIST's pen, (BOX, BOX) in [0, 1]."""
    starts = range(0, len(segments), SEGMENTS_AT_ONCE)
    squared = np.min([_squared_distance(segments[at : at + SEGMENTS_AT_ONCE]) for at in starts], axis=0)
    return np.clip(0.5 + (PEN_WIDTH / 2 - np.sqrt(squared)) / PEN_SOFTNESS, 0, 1)


def _squared_distance(segments: np.ndarray) -> np.ndarray:
    """Squared distance from each pixel's centre to the nearest segment, (BOX, BOX), in pixels squared."""
    start, step = segments[:, 0], segments[:, 1] - segments[:, 0]
    length = np.hypot(*step.T)  # (n,)
    # A segment of length zero has no direction; take any.
    along = np.where(length[:, None] > POINT, step / np.maximum(length, POINT)[:, None], (1.0, 0.0))
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    grid = np.arange(BOX) + 0.5
    pixels = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    passed = pixels @ along.T - (start * along).sum(axis=1)  # (BOX * BOX, n), from the start along the segment
    beside = pixels @ across.T - (start * across).sum(axis=1)  # (BOX * BOX, n)
    beyond = passed - np.clip(passed, 0, length)
    return (beside**2 + beyond**2).min(axis=1).reshape(BOX, BOX)


def refuse_dot(ink: np.ndarray) -> np.ndarray:
    """Crop ink (H, W) to its bounding box.

    Raises:
        ValueError: the ink is a dot.
    """
    cropped = trim(ink)
    if max(cropped.shape) < max(DOT_PIXELS, DOT * max(ink.shape)):
        raise ValueError(ONLY_A_DOT)
    return cropped


def _thickened(ink: np.ndarray) -> np.ndarray:
    """Dilate the strokes of cropped ink (H, W) if they would be thinner than MIN_WIDTH in the result."""
    scale = FINE * BOX / max(ink.shape)
    if stroke_width(_solid(ink)) * scale >= MIN_WIDTH * FINE:
        return ink
    rows, columns = (max(1, round(length * scale)) for length in ink.shape)
    resample = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    fine = np.asarray(Image.fromarray(ink).resize((columns, rows), resample))
    full = np.quantile(fine[fine > FAINT * fine.max()], FULL)  # resizing made thin lines grey
    fine = np.where(fine > FAINT * full, np.minimum(fine / full, 1), 0)
    return refuse_dot(_dilated(fine, max(0, MIN_WIDTH * FINE - stroke_width(_solid(fine))) / 2))


def stroke_width(ink: np.ndarray) -> float:
    """Estimate the mean stroke width of ink (H, W) in [0, 1], in pixels: twice the area, divided by the outline.

    A filled loop counts like a stroke that is as wide as the radius of the loop.
    """
    framed = np.pad(ink, 1)
    outline = np.hypot(np.diff(framed, axis=0)[:, 1:], np.diff(framed, axis=1)[1:]).sum()
    return float(2 * framed.sum() / outline)


def _solid(ink: np.ndarray) -> np.ndarray:
    """Raise the contrast of ink (H, W) in [0, 1], so that noise inside the strokes does not count as outline."""
    return np.clip(2 * ink - 0.5, 0, 1)


def _dilated(ink: np.ndarray, radius: float) -> np.ndarray:
    """Dilate ink (H, W) in [0, 1] by a disk of `radius` pixels; the result is larger by the radius on all sides."""
    reach = int(radius)
    across = np.arange(-reach, reach + 1)
    disk = np.hypot(across[:, None], across) <= radius
    return scipy.ndimage.maximum_filter(np.pad(ink, reach), footprint=disk, mode="constant")


def _to_box(ink: np.ndarray) -> np.ndarray:
    """Resize cropped ink (H, W) to a longest side of BOX pixels, (h, w) in [0, 1]."""
    height, width = ink.shape
    pixel = max(height, width) / BOX
    if pixel < 1:
        size = (max(1, round(width / pixel)), max(1, round(height / pixel)))
        return np.clip(np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)), 0, 1)
    return _areas(height, pixel) @ ink @ _areas(width, pixel).T


def _areas(length: int, pixel: float) -> np.ndarray:
    """Return area-averaging weights (large pixels, length): the share of each large pixel that a small one covers.

    `pixel` small pixels make one large pixel. MNIST was resized with the exact overlap (Yadav and Bottou 2019);
    Pillow's box filter only approximates it.
    """
    begin = np.arange(int(np.ceil(length / pixel - 1e-9)))[:, None] * pixel
    small = np.arange(length)
    overlap = np.minimum(begin + pixel, small + 1) - np.maximum(begin, small)
    return np.clip(overlap, 0, None) / pixel
