"""Synthetic handwriting: vary pen strokes at random as another writer would draw them, and render them as an image."""

import math

import numpy as np
from PIL import Image, ImageDraw

CANVAS = 280  # canvas pixels a side, ten for each pixel of MNIST

# Handwriting on the canvas.
MIN_SIZE, MAX_SIZE = 100, 250  # canvas pixels, longest side of the ink
MIN_PEN_WIDTHS = 4.5  # least ratio of the longest side to the pen's width: an 8 is three strokes and two holes high
MAX_SLANT = 0.2  # largest shear to either side, as a tangent
MAX_ROTATION = 0.15  # radians, largest rotation to either side
MAX_STRETCH = 0.15  # largest change of the height against the width, as a share
TREMOR = 0.01  # standard deviation of the tremor, as a share of the longest side; smooth over about three points
MOUSE_SHARE = 0.5  # share of the drawings with few points and straight lines between, as from a slow mouse
MOUSE_STEPS = (0.05, 0.18)  # distance between the points of such a mouse, as a share of the longest side
CURVE_POINTS = 10  # points of a spline from one knot to the next
OVERSAMPLE = 4  # rendered pixels for each pixel of the image, along both axes

Strokes = list[list[tuple[float, float]]]


def redraw(strokes: Strokes, rng: np.random.Generator, pen: float = 4.0) -> Strokes:
    """Vary strokes at random as another writer would draw them, anywhere on the canvas.

    The size does not depend on the pen, with one exception: a digit measures at least MIN_PEN_WIDTHS pen widths,
    because a smaller one cannot be read.

    Args:
        strokes: strokes of (x, y) points, in any unit, y downwards.
        rng: the only source of randomness.
        pen: width in canvas pixels; all ink stays on the canvas.

    Returns:
        Strokes of (x, y) points in whole canvas pixels, as a browser reports them.
    """
    size = rng.uniform(max(MIN_SIZE, MIN_PEN_WIDTHS * pen), MAX_SIZE)
    affine = _affine(rng)
    lines = _fitted([np.array(stroke, float) @ affine for stroke in strokes], size - pen)
    lines = [line + TREMOR * size * _tremor(len(line), rng) for line in lines]
    if rng.random() < MOUSE_SHARE:
        step = rng.uniform(*MOUSE_STEPS) * size
        lines = [_subsampled(line, step) for line in lines]
    lines = _fitted(lines, size - pen)
    room = CANVAS - pen - np.concatenate(lines).max(axis=0)
    corner = pen / 2 + rng.uniform(0, 1, 2) * room
    return [[(float(x), float(y)) for x, y in np.round(line + corner)] for line in lines]


def render(strokes: Strokes, width: float, side: int = CANVAS) -> np.ndarray:
    """Render strokes on the canvas with a round pen and antialiased edges.

    Args:
        strokes: strokes of (x, y) points in canvas pixels.
        width: of the pen, in canvas pixels.
        side: side of the image in pixels; it shows the whole canvas.

    Returns:
        (side, side) uint8, white ink on black.
    """
    fine = side * OVERSAMPLE
    sheet = Image.new("L", (fine, fine))
    scale = fine / CANVAS
    draw_lines(sheet, [[(x * scale, y * scale) for x, y in stroke] for stroke in strokes], width * scale / 2)
    return np.asarray(sheet.reduce(OVERSAMPLE))


def draw_lines(sheet: Image.Image, lines: Strokes, radius: float) -> None:
    """Draw lines of (x, y) points on a greyscale image, in white with a round pen; radius and points in its pixels."""
    brush = ImageDraw.Draw(sheet)
    for points in lines:
        brush.line(points, fill=255, width=max(1, round(2 * radius)))
        for x, y in points:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _affine(rng: np.random.Generator) -> np.ndarray:
    """Sample a shear, rotation and stretch, (2, 2), to multiply rows of (x, y) from the right."""
    slant, turn, stretch = rng.uniform(-1, 1, 3) * (MAX_SLANT, MAX_ROTATION, MAX_STRETCH)
    slanted = np.array([[1, 0], [slant, 1]]) * (1, 1 + stretch)
    return slanted @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])


def _fitted(lines: list[np.ndarray], longest: float) -> list[np.ndarray]:
    """Scale lines of points (n, 2) to a longest side in pixels, and move their bounding box to the origin."""
    points = np.concatenate(lines)
    low, extent = points.min(axis=0), max(float(np.ptp(points, axis=0).max()), 1e-9)
    return [(line - low) * (longest / extent) for line in lines]


def _tremor(count: int, rng: np.random.Generator) -> np.ndarray:
    """Sample the tremor of a line of `count` points, (count, 2), each of standard deviation 1."""
    sigma, margin = 3.0, 9  # points; `smooth` does not smooth the ends of a line, so they are cut off
    tremor = smooth(rng.normal(size=(count + 2 * margin, 2)), sigma)[margin : margin + count]
    return tremor * math.sqrt(2 * math.sqrt(math.pi) * sigma)


def _subsampled(line: np.ndarray, step: float) -> np.ndarray:
    """Subsample a line of points (n, 2): about one each `step` pixels, and both ends."""
    along = arc_length(line)
    stops = np.linspace(0, along[-1], 1 + max(1, round(along[-1] / step)))
    return line[np.unique(np.searchsorted(along, stops - 1e-9))]


def arc_length(points: np.ndarray) -> np.ndarray:
    """Return the length of a path of points (n, 2) from its start to each point, (n,)."""
    return np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])


def catmull_rom(knots: np.ndarray) -> np.ndarray:
    """Draw a Catmull-Rom spline through the knots (n, 2), from the second to just before the last but one.

    Catmull and Rom, "A class of local interpolating splines", 1974.

    Returns:
        ((n - 3) * CURVE_POINTS, 2).
    """
    before, start, end, after = (knots[at : len(knots) - 3 + at, None] for at in range(4))  # (n - 3, 1, 2) each
    t = np.linspace(0, 1, CURVE_POINTS, endpoint=False)[:, None]
    bend = 2 * before - 5 * start + 4 * end - after + t * (3 * (start - end) + after - before)
    return (start + t / 2 * (end - before + t * bend)).reshape(-1, 2)


def smooth(points: np.ndarray, sigma: float) -> np.ndarray:
    """Smooth a path of points (n, 2) with a Gaussian of `sigma` points; its ends stay in place."""
    reach = round(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(points, ((reach, reach), (0, 0)), "reflect", reflect_type="odd")
    return np.stack([np.convolve(column, kernel / kernel.sum(), "valid") for column in padded.T], axis=1)
