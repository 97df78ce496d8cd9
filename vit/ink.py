"""Turn a drawing, strokes or a picture, into the 28x28 digit that MNIST's makers would have made of it.

MNIST's rule (LeCun et al. 1998; rebuilt to the pixel by Yadav and Bottou, "Cold Case: the Lost MNIST Digits",
2019): the longest side of the ink goes to 20 pixels, keeping the aspect, with antialiased edges; a shift by whole
pixels then puts the centre of mass in the middle of 28x28. White ink on black, in [0, 1].
"""

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import ArrayLike
from PIL import Image

from vit.picture import DOT_PIXELS, FAINT, FULL, NOT_FINITE, as_picture, ink_of

SIDE = 28  # pixels a side of the result
BOX = 20  # pixels of the ink's longest side, counting every pixel that is not black
CENTRE = 14  # the pixel index nearest to the centre of mass of an MNIST digit, along both axes

# MNIST's pen, from 1,500 training digits thinned to their skeletons and redrawn in place over a grid of widths and
# softnesses. The mean squared error to the original is flat around its least: 0.0138 at a width of 2.6 and a softness
# of 1.6 to 1.8, which also blurs over the skeleton's own error, and 0.0145 here. Within that valley this is the point
# that has MNIST's amount of ink (99 %), its number of inked pixels (147.7 for 146.9 a digit) and the share of them
# that is white (40 % for 42 %). Redrawn by `from_strokes`, those skeletons span 17.2 pixels, as they did at first.
PEN_WIDTH = 2.6  # pixels, between the points of half ink
PEN_SOFTNESS = 1.2  # pixels, over which the ink falls from white to black
SEGMENTS_AT_ONCE = 2048  # bounds the memory that a very long drawing takes

POINT = 1e-9  # pixels: a segment no longer than this is a point
DOT = 0.02  # ink that spans less than this share of its picture's longest side is a dot
RESOLUTION = 1e-12  # of the largest coordinate: in strokes that span less, float64 cannot tell a shape any more
MIN_WIDTH = 1.5  # pixels of a stroke in the result: MNIST's thinnest digits have 1.53 by the same estimate
FINE = 10  # pixels to each of the result's, in which thin strokes are widened

NO_INK = "Draw a digit first: there is no ink yet."
ONLY_A_DOT = "There is only a dot: draw the digit larger."
NOT_STROKES = "Strokes should be lists of points [x, y, ...], each with two numbers or more."

Strokes = Sequence[Sequence[Sequence[float]]] | Sequence[np.ndarray] | np.ndarray


def from_strokes(strokes: Strokes, smallest: float = 0.0) -> np.ndarray:
    """Redraw pen strokes as an MNIST digit, with MNIST's own pen whatever the brush was.

    The result does not change when the drawing is moved or scaled. A stroke of one point is drawn as a dot.

    Args:
        strokes: strokes of points (x, y, ...) in any unit, y downwards. Further columns (time, pressure) are ignored.
        smallest: extent in that unit below which the drawing is taken for a dot. By default only what has no extent
            is one, for nobody but the caller knows the unit.

    Returns:
        (28, 28) float32 in [0, 1], white ink on black.

    Raises:
        ValueError: there is no point; a point is not two finite numbers; or the drawing is a dot.
    """
    segments = _segments(strokes)
    unit = max(np.abs(segments).max(), np.finfo(float).tiny)
    segments = segments / unit  # so that nothing overflows, however large the numbers are
    corner = segments.min(axis=(0, 1))
    extent = (segments.max(axis=(0, 1)) - corner).max()
    if extent < RESOLUTION or extent < smallest / unit:
        raise ValueError(ONLY_A_DOT)
    # The soft edge counts as ink in MNIST's 20 pixels, all but the last half pixel, which no pixel's centre reaches.
    margin = (PEN_WIDTH + PEN_SOFTNESS - 1) / 2
    return _centred(_draw(margin + (segments - corner) * ((BOX - 2 * margin) / extent)))


def from_image(image: ArrayLike) -> np.ndarray:
    """Make an MNIST digit out of a picture of one, of any size, whatever its colours.

    Ink is what differs from the background, by colour or by opacity, so dark on light and light on dark are alike.
    Where the light is uneven it is what differs from the paper around it, and what lies along the border is none.
    Strokes keep their thickness, unless they would end up thinner than 1.5 pixels.

    Args:
        image: (H, W) or (H, W, 1) grey, (H, W, 2) grey and alpha, (H, W, 3) or (H, W, 4) colour. Boolean, unsigned
            integers over their whole range or 0 and 1 alone, or numbers in [0, 1] or [0, 255]. A constant alpha is
            ignored.

    Returns:
        (28, 28) float32 in [0, 1], white ink on black.

    Raises:
        ValueError: the array is no picture, has NaN, is of one colour throughout, or shows only noise, uneven
            light or a dot: ink that spans less than 2 % of the picture's longest side or than three pixels.
    """
    ink = _cropped(ink_of(as_picture(image)))
    return _centred(_to_box(_thickened(ink)))


def _centred(box: np.ndarray) -> np.ndarray:
    """Put the ink's centre of mass in the middle of 28x28, by whole pixels and without cutting ink off."""
    box = _trimmed(box)
    result = np.zeros((SIDE, SIDE), np.float32)
    top, left = (_shift(box.sum(axis=1 - axis, dtype=np.float64)) for axis in (0, 1))
    result[top : top + box.shape[0], left : left + box.shape[1]] = box
    return result


def _shift(mass: np.ndarray) -> int:
    """Choose the index at which a row of pixels with this mass should begin."""
    centre = np.arange(len(mass)) @ mass / mass.sum()
    # A symmetric drawing is a tie between two shifts; the last term lets it fall the same way in spite of rounding.
    return int(np.clip(np.floor(CENTRE - centre + 0.5 + 1e-6), 0, SIDE - len(mass)))


def _trimmed(ink: np.ndarray) -> np.ndarray:
    """Cut a picture down to the bounding box of its ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _segments(strokes: Strokes) -> np.ndarray:
    """Cut the strokes into segments (n, 2 ends, 2)."""
    try:
        lines = [_points(stroke) for stroke in strokes]
    except (TypeError, ValueError, IndexError, KeyError):
        raise ValueError(NOT_STROKES) from None
    # A stroke of one point is a segment of no length: a dot.
    lines = [line if len(line) > 1 else line.repeat(2, axis=0) for line in lines if len(line)]
    if not lines:
        raise ValueError(NO_INK)
    segments = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in lines])
    if not np.isfinite(segments).all():
        raise ValueError(NOT_FINITE.format("x and y of a stroke"))
    return segments


def _points(stroke: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    """Keep the x and y of one stroke: (n, 2) float64."""
    points = np.array([(point[0], point[1]) for point in stroke])
    if points.ndim > 2 or points.dtype.kind not in "iuf":  # lists in place of x and y would make a third axis
        raise TypeError
    return points.astype(np.float64).reshape(-1, 2)


def _draw(segments: np.ndarray) -> np.ndarray:
    """Draw segments (n, 2, 2), in pixels, with MNIST's pen: (BOX, BOX) in [0, 1]."""
    parts = range(0, len(segments), SEGMENTS_AT_ONCE)
    squared = np.min([_squared_distance(segments[at : at + SEGMENTS_AT_ONCE]) for at in parts], axis=0)
    return np.clip(0.5 + (PEN_WIDTH / 2 - np.sqrt(squared)) / PEN_SOFTNESS, 0, 1)


def _squared_distance(segments: np.ndarray) -> np.ndarray:
    """Measure from each pixel's centre to the nearest of the segments: (BOX, BOX), squared pixels."""
    start, step = segments[:, 0], segments[:, 1] - segments[:, 0]
    length = np.hypot(*step.T)  # (n,)
    # Points that differ by no more than rounding have no direction; any will do.
    along = np.where(length[:, None] > POINT, step / np.maximum(length, POINT)[:, None], (1.0, 0.0))
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    grid = np.arange(BOX) + 0.5
    pixels = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    passed = pixels @ along.T - (start * along).sum(axis=1)  # (BOX * BOX, n), from the start along the segment
    beside = pixels @ across.T - (start * across).sum(axis=1)  # (BOX * BOX, n)
    beyond = passed - np.clip(passed, 0, length)
    return (beside**2 + beyond**2).min(axis=1).reshape(BOX, BOX)


def _cropped(ink: np.ndarray) -> np.ndarray:
    """Cut a picture down to the bounding box of its ink, which has to be more than a dot."""
    cropped = _trimmed(ink)
    if max(cropped.shape) < max(DOT_PIXELS, DOT * max(ink.shape)):
        raise ValueError(ONLY_A_DOT)
    return cropped


def _thickened(ink: np.ndarray) -> np.ndarray:
    """Widen the strokes of cropped ink that would be thinner than MIN_WIDTH once they are in MNIST's box."""
    scale = FINE * BOX / max(ink.shape)
    if stroke_width(_solid(ink)) * scale >= MIN_WIDTH * FINE:
        return ink
    rows, columns = (max(1, round(length * scale)) for length in ink.shape)
    resample = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    fine = np.asarray(Image.fromarray(ink).resize((columns, rows), resample))
    full = np.quantile(fine[fine > FAINT * fine.max()], FULL)  # averaging has made thin lines grey
    fine = np.where(fine > FAINT * full, np.minimum(fine / full, 1), 0)
    return _cropped(_dilated(fine, max(0, MIN_WIDTH * FINE - stroke_width(_solid(fine))) / 2))


def stroke_width(ink: np.ndarray) -> float:
    """Estimate the mean stroke width of ink (H, W) in [0, 1], in pixels: twice the area by the outline's length.

    A filled loop, which is all width and no length, counts no more than a stroke as wide as its radius.
    """
    framed = np.pad(ink, 1)
    outline = np.hypot(np.diff(framed, axis=0)[:, 1:], np.diff(framed, axis=1)[1:]).sum()
    return float(2 * framed.sum() / outline)


def _solid(ink: np.ndarray) -> np.ndarray:
    """Raise the contrast of ink (H, W): noise inside the strokes would count as outline."""
    return np.clip(2 * ink - 0.5, 0, 1)


def _dilated(ink: np.ndarray, radius: float) -> np.ndarray:
    """Give every pixel the brightest value within `radius` pixels; the result is larger by that on all sides."""
    reach = int(radius)
    across = np.arange(-reach, reach + 1)
    disk = np.hypot(across[:, None], across) <= radius
    return scipy.ndimage.maximum_filter(np.pad(ink, reach), footprint=disk, mode="constant")


def _to_box(ink: np.ndarray) -> np.ndarray:
    """Bring cropped ink to a longest side of BOX pixels: (h, w) in [0, 1]."""
    height, width = ink.shape
    pixel = max(height, width) / BOX
    if pixel < 1:
        size = (max(1, round(width / pixel)), max(1, round(height / pixel)))
        return np.clip(np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)), 0, 1)
    return _areas(height, pixel) @ ink @ _areas(width, pixel).T


def _areas(length: int, pixel: float) -> np.ndarray:
    """Return how much of each large pixel each of `length` small ones covers, where `pixel` of them make a large one.

    The exact overlap, which Pillow's box filter only comes near, is what MNIST was made with (Yadav and Bottou 2019).
    """
    begin = np.arange(int(np.ceil(length / pixel - 1e-9)))[:, None] * pixel
    small = np.arange(length)
    overlap = np.minimum(begin + pixel, small + 1) - np.maximum(begin, small)
    return np.clip(overlap, 0, None) / pixel
