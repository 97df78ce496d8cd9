"""Turn MNIST digits back into pen strokes, and draw them again the way people draw on a canvas.

A digit's skeleton is thinned out of an enlarged, smoothed copy, read as a graph of pixels, cut into branches
between its ends and crossings, and the branches are joined again where the pen would have gone straight on.
`redraw` then writes those strokes with another hand: elsewhere, at another size and slant, less steadily.

Thinning takes scikit-image, which only measuring and testing need: it stands in requirements-dev.txt.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

CANVAS = 280  # canvas pixels a side: ten for each of MNIST's
ENLARGE = 8  # skeleton pixels for each of MNIST's
EDGE = 0.45  # of the brightest ink within two pixels: where a stroke ends and paper begins
FAINTEST = 0.3  # of the digit's brightest ink, below which nothing counts as a stroke of its own
BLOB = 0.95  # of the stroke's width, from the paper on all sides: deeper ink is a loop's that ran full
SHALLOWEST_BLOB = 2.2  # in MNIST pixels: less is just where strokes cross
SHORTEST_SPUR = 1.5  # in MNIST pixels: about the pen's radius, so what thinning leaves of a blunt end is cut
SMOOTHING = 0.5  # in MNIST pixels: standard deviation along the path, against the staircase of the skeleton
SPACING = 0.4  # in MNIST pixels, between the points of a stroke

# How people draw on the canvas. Lengths are shares of the digit's longest side.
SMALLEST, LARGEST = 100, 250  # canvas pixels of the ink's longest side
PENS_HIGH = 4.5  # pens that the longest side measures at least: an eight is three strokes with two holes between
SLANT = 0.2  # tangent of the largest slant that is added, to either side
TURN = 0.15  # radians of the largest turn
STRETCH = 0.15  # of the height against the width, at most
TREMOR = 0.01  # standard deviation of the hand's waver, which is smooth over about three points
MOUSE = 0.5  # share of the drawings that a slow mouse reports by few points, with straight lines between
MOUSE_STEPS = (0.05, 0.18)  # between the points of such a mouse
OVERSAMPLE = 4  # drawn pixels for each of a picture's, along both axes

NO_SKIMAGE = "Turning digits into strokes takes scikit-image: install what requirements-dev.txt lists."

Pixel = tuple[int, int]
Graph = dict[Pixel, set[Pixel]]
Strokes = list[list[tuple[float, float]]]


def trace(image: np.ndarray) -> Strokes:
    """Turn one MNIST digit into pen strokes on a 280x280 canvas, ten canvas pixels for each of the digit's.

    Args:
        image: (28, 28), white ink on black, in any unit.

    Returns:
        Strokes of (x, y) points about four canvas pixels apart, the longest stroke first, each begun at its
        upper end. A speck becomes a stroke of one point.

    Raises:
        ValueError: the image has no ink, or only specks too small for a pen.
        ImportError: scikit-image is missing.
    """
    graph = _pixel_graph(_skeleton(image)) if image.any() else {}
    if not graph:
        raise ValueError("image must show strokes of ink, got one with no ink to trace")
    _prune(graph)
    paths = _join(_branches(graph))
    paths.sort(key=_length, reverse=True)
    return [_to_canvas(path) for path in paths]


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
    brush, scale = ImageDraw.Draw(sheet), fine / CANVAS
    radius = width * scale / 2
    for stroke in strokes:
        points = [(x * scale, y * scale) for x, y in stroke]
        brush.line(points, fill=255, width=max(1, round(2 * radius)))
        for x, y in points:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(sheet.reduce(OVERSAMPLE))


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
    smooth = _smooth(rng.normal(size=(count + 2 * margin, 2)), calm)[margin : margin + count]
    return smooth * math.sqrt(2 * math.sqrt(math.pi) * calm)


def _sparse(line: np.ndarray, step: float) -> np.ndarray:
    """Keep points that lie about `step` apart along the line, and both ends."""
    along = np.concatenate([[0], np.hypot(*np.diff(line, axis=0).T).cumsum()])
    stops = np.linspace(0, along[-1], 1 + max(1, round(along[-1] / step)))
    return line[np.unique(np.searchsorted(along, stops - 1e-9))]


def _skeleton(image: np.ndarray) -> np.ndarray:
    """Thin the enlarged digit to lines one pixel wide: (28 * ENLARGE, 28 * ENLARGE) bool.

    A loop that the pen ran full is hollowed first, for its writer went round it: a line through a nine's filled head
    would make a seven of it.
    """
    try:
        from skimage.filters import gaussian  # noqa: PLC0415 (all else in `train` works without it)
        from skimage.morphology import isotropic_erosion, skeletonize  # noqa: PLC0415
        from skimage.transform import resize  # noqa: PLC0415
    except ImportError:
        raise ImportError(NO_SKIMAGE) from None
    side = 28 * ENLARGE
    image = image / image.max()
    ink = gaussian(resize(_evened(image), (side, side), order=1), ENLARGE / 3) > EDGE
    blob = isotropic_erosion(ink, max(BLOB * _stroke_width(image), SHALLOWEST_BLOB) * ENLARGE)
    return skeletonize(ink & ~blob)


def _evened(image: np.ndarray) -> np.ndarray:
    """Brighten the faint strokes of a digit in [0, 1], measured against what is bright within two pixels."""
    near = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2), (5, 5)).max(axis=(2, 3))
    return image / np.maximum(near, FAINTEST)


def _stroke_width(image: np.ndarray) -> float:
    """Estimate the width of a digit's strokes, in its pixels: twice their area by the length of their outline.

    A filled loop, which is all width and no length, counts here no more than a stroke as wide as its radius.
    """
    framed = np.pad(image, 1)
    outline = np.hypot(np.diff(framed, axis=0)[:, 1:], np.diff(framed, axis=1)[1:]).sum()
    return float(2 * image.sum() / outline)


def _pixel_graph(skeleton: np.ndarray) -> Graph:
    """Link neighbouring pixels; a diagonal only where no pixel beside it already makes the link."""
    pixels = {(int(y), int(x)) for y, x in np.argwhere(skeleton)}
    graph: Graph = {pixel: set() for pixel in pixels}
    for y, x in pixels:
        for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
            other = (y + dy, x + dx)
            detour = dy and dx and ((y, x + dx) in pixels or (y + dy, x) in pixels)
            if other in pixels and not detour:
                graph[y, x].add(other)
                graph[other].add((y, x))
    return graph


def _walk(graph: Graph, start: Pixel, second: Pixel) -> list[Pixel]:
    """Follow the line from `start` over `second` to the next end or crossing, or round to `start` again."""
    path = [start, second]
    while len(graph[path[-1]]) == 2 and path[-1] != start:
        (following,) = graph[path[-1]] - {path[-2]}
        path.append(following)
    return path


def _prune(graph: Graph) -> None:
    """Remove the shortest spur (a branch from an end to a crossing) until none is short."""
    while True:
        ends = [pixel for pixel in graph if len(graph[pixel]) == 1]
        spurs = [path for end in ends if len(graph[(path := _walk(graph, end, *graph[end]))[-1]]) > 2]
        spurs = [path for path in spurs if _length(path) < SHORTEST_SPUR * ENLARGE]
        if not spurs:
            return
        for pixel in min(spurs, key=_length)[:-1]:
            for neighbour in graph.pop(pixel):
                graph[neighbour].discard(pixel)


def _branches(graph: Graph) -> list[list[Pixel]]:
    """Cut the graph at its ends and crossings; a ring without any is cut at its topmost pixel."""
    nodes = sorted(pixel for pixel in graph if len(graph[pixel]) != 2)
    branches = [[pixel] for pixel in nodes if not graph[pixel]]
    walked: set[Pixel] = set(nodes)
    for node in nodes:
        for second in sorted(graph[node]):
            path = _walk(graph, node, second)
            if path[0] < path[-1] or (path[0] == path[-1] and path[1] < path[-2]):
                branches.append(path)
            walked.update(path)
    for pixel in sorted(graph):
        if pixel not in walked:
            branches.append(_walk(graph, pixel, min(graph[pixel])))
            walked.update(branches[-1])
    return branches


def _join(branches: list[list[Pixel]]) -> list[list[Pixel]]:
    """Join the two branches that go on most nearly straight through a crossing, until none does."""
    paths = list(branches)
    while True:
        joins = [
            (_heading(first) @ -_heading(second), i, j, first, second)
            for i in range(len(paths))
            for j in range(i)
            for first in (paths[i], paths[i][::-1])
            for second in (paths[j], paths[j][::-1])
            if first[-1] == second[-1]
        ]
        straight, i, j, first, second = max(joins, key=lambda join: join[0], default=(0.0, 0, 0, [], []))
        if straight <= 0:
            return paths
        paths = [path for k, path in enumerate(paths) if k not in (i, j)] + [first + second[-2::-1]]


def _heading(path: list[Pixel]) -> np.ndarray:
    """Return the unit direction in which the path arrives at its last pixel, over the last two MNIST pixels."""
    step = np.subtract(path[-1], path[max(-len(path), -2 * ENLARGE)]).astype(float)
    return step / max(float(np.hypot(*step)), 1e-9)


def _length(path: list[Pixel]) -> float:
    return float(np.hypot(*np.diff(np.array(path), axis=0).T).sum())


def _to_canvas(path: list[Pixel]) -> list[tuple[float, float]]:
    """Smooth a path of skeleton pixels, space its points evenly and put it on the canvas, upper end first."""
    points = np.array(path[::-1] if path[-1] < path[0] else path, float)[:, ::-1]
    points = _smooth(points, SMOOTHING * ENLARGE)
    along = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    stops = np.linspace(0, along[-1], 1 + round(along[-1] / (SPACING * ENLARGE)))
    even = np.stack([np.interp(stops, along, column) for column in points.T], axis=1)
    return [(float(x), float(y)) for x, y in (even + 0.5) * CANVAS / (28 * ENLARGE)]


def _smooth(points: np.ndarray, sigma: float) -> np.ndarray:
    """Blur a path along itself; its ends stay where they are."""
    reach = round(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(points, ((reach, reach), (0, 0)), "reflect", reflect_type="odd")
    return np.stack([np.convolve(column, kernel / kernel.sum(), "valid") for column in padded.T], axis=1)
