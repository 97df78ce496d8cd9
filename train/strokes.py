"""Pen strokes on a canvas: drawn again as another hand would, and as a picture with a pen of some width."""

import math

import numpy as np
from PIL import Image, ImageDraw

CANVAS = 280  # canvas pixels a side: ten for each of MNIST's

# How people draw on the canvas. Lengths are shares of the digit's longest side.
SMALLEST, LARGEST = 100, 250  # canvas pixels of the ink's longest side
PENS_HIGH = 4.5  # pens that the longest side measures at least: an eight is three strokes with two holes between
SLANT = 0.2  # tangent of the largest slant that is added, to either side
TURN = 0.15  # radians of the largest turn
STRETCH = 0.15  # of the height against the width, at most
TREMOR = 0.01  # standard deviation of the hand's waver, which is smooth over about three points
MOUSE = 0.5  # share of the drawings that a slow mouse reports by few points, with straight lines between
MOUSE_STEPS = (0.05, 0.18)  # between the points of such a mouse
CURVE_POINTS = 10  # points of a spline from one knot to the next
OVERSAMPLE = 4  # drawn pixels for each of a picture's, along both axes

Strokes = list[list[tuple[float, float]]]


def redraw(strokes: Strokes, rng: np.random.Generator, pen: float = 4.0) -> Strokes:
    """Draw strokes again as another hand would, anywhere on the canvas.

    Size and pen are independent, but for one rule: nobody writes a digit less than PENS_HIGH pens high, for nobody
    could read it, so a thick pen rules the smaller sizes out.

    Args:
        strokes: strokes of (x, y) points, in any unit, y downwards.
        rng: decides everything, so that the same one gives the same drawing.
        pen: canvas pixels; all of the pen's ink stays on the canvas.

    Returns:
        Strokes of (x, y) points in whole canvas pixels, as a browser reports them.
    """
    size = rng.uniform(max(SMALLEST, PENS_HIGH * pen), LARGEST)
    hand = _hand(rng)
    lines = _fitted([np.array(stroke, float) @ hand for stroke in strokes], size - pen)
    lines = [line + TREMOR * size * _waver(len(line), rng) for line in lines]
    if rng.random() < MOUSE:
        step = rng.uniform(*MOUSE_STEPS) * size
        lines = [_sparse(line, step) for line in lines]
    lines = _fitted(lines, size - pen)
    room = CANVAS - pen - np.concatenate(lines).max(axis=0)
    corner = pen / 2 + rng.uniform(0, 1, 2) * room
    return [[(float(x), float(y)) for x, y in np.round(line + corner)] for line in lines]


def picture(strokes: Strokes, width: float, side: int = CANVAS) -> np.ndarray:
    """Draw strokes on the canvas with a round pen of this width, with smooth edges.

    Args:
        strokes: strokes of (x, y) points in canvas pixels.
        width: canvas pixels.
        side: pixels a side of the picture, which shows the whole canvas.

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


def _hand(rng: np.random.Generator) -> np.ndarray:
    """Draw a slant, a turn and a stretch: (2, 2), to be put behind rows of (x, y)."""
    slant, turn, stretch = rng.uniform(-1, 1, 3) * (SLANT, TURN, STRETCH)
    slanted = np.array([[1, 0], [slant, 1]]) * (1, 1 + stretch)
    return slanted @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])


def _fitted(lines: list[np.ndarray], longest: float) -> list[np.ndarray]:
    """Scale lines to a longest side, and move them to the corner of the canvas."""
    points = np.concatenate(lines)
    low, extent = points.min(axis=0), max(float(np.ptp(points, axis=0).max()), 1e-9)
    return [(line - low) * (longest / extent) for line in lines]


def _waver(count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw what an unsteady hand adds to a line of `count` points: (count, 2), of standard deviation 1 each."""
    calm, margin = 3.0, 9  # points; a smoothed line's ends are as rough as before, so they are cut off
    waver = smooth(rng.normal(size=(count + 2 * margin, 2)), calm)[margin : margin + count]
    return waver * math.sqrt(2 * math.sqrt(math.pi) * calm)


def _sparse(line: np.ndarray, step: float) -> np.ndarray:
    """Keep points that lie about `step` apart along the line, and both ends."""
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
    """Blur a path of points (n, 2) along itself by `sigma` points; its ends stay where they are."""
    reach = round(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(points, ((reach, reach), (0, 0)), "reflect", reflect_type="odd")
    return np.stack([np.convolve(column, kernel / kernel.sum(), "valid") for column in padded.T], axis=1)
