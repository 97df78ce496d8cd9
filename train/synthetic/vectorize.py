"""Vectorize MNIST digits: turn them back into pen strokes.

Thin an enlarged, smoothed copy of the digit to its skeleton; read the skeleton as a graph of pixels; cut the graph
into branches between its ends and crossings; join branches that go straight through a crossing.

The threshold between stroke and paper is ambiguous, and a thick spot may be a small loop filled with ink. So a digit
is vectorized in several ways, and the strokes that render most like the digit are the result.

Thinning needs scikit-image, which is in requirements-dev.txt because only evaluation and tests use it.
"""

import numpy as np

from train.synthetic.handwriting import CANVAS, Strokes, arc_length, render, smooth
from vit.ink import stroke_width

ENLARGE = 8  # skeleton pixels for each pixel of MNIST
FAINTEST = 0.3  # of the brightest ink: a neighbourhood whose maximum is below counts as this bright
SHORTEST_SPUR = 1.5  # MNIST pixels, about the pen's radius: shorter branches are artefacts of thinning
SMOOTHING = 0.5  # MNIST pixels, standard deviation along the path: removes the staircase of the skeleton
SPACING = 0.4  # MNIST pixels, between the points of a stroke

# The variants that are tried.
EDGES = (0.45, 0.6)  # threshold of ink, as a share of the brightest ink within two pixels
# Share of the stroke's width, and MNIST pixels: ink farther from the paper than both is a filled loop. The second bound
# excludes crossings of strokes.
BLOBS = ((0.95, 2.2), (0.8, 1.7))
PENS = (0.85, 1.0, 1.15, 1.35)  # pen widths to render a tracing with, as shares of the estimated stroke width
CLOSER = 0.95  # of the best misfit so far: the next tracing must be below it

NO_SKIMAGE = "Turning digits into strokes needs scikit-image: install what requirements-dev.txt lists."

Pixel = tuple[int, int]
Graph = dict[Pixel, set[Pixel]]


def vectorize(image: np.ndarray) -> Strokes:
    """Turn one MNIST digit into pen strokes on a 280x280 canvas, ten canvas pixels for each of the digit's.

    Args:
        image: (28, 28), white ink on black, in any unit.

    Returns:
        Strokes of (x, y) points about four canvas pixels apart, the longest stroke first, each from its upper end.
        Specks are left out.

    Raises:
        ValueError: the image has no ink, or only specks too small for a pen.
        ImportError: scikit-image is missing.
    """
    image = image / (image.max() or 1)
    skeletons = _skeletons(image) if image.any() else []
    tracings = [strokes for skeleton in skeletons if (strokes := _strokes(skeleton))]
    if not tracings:
        raise ValueError("image must show strokes of ink, got one with no ink to trace")
    return _closest(tracings, image) if len(tracings) > 1 else tracings[0]


def _closest(tracings: list[Strokes], image: np.ndarray) -> Strokes:
    """Select the tracing with the smallest misfit; a later one must be clearly better."""
    best, least = tracings[0], misfit(tracings[0], image)
    for strokes in tracings[1:]:
        if (error := misfit(strokes, image)) < CLOSER * least:
            best, least = strokes, error
    return best


def misfit(strokes: Strokes, image: np.ndarray) -> float:
    """Misfit of strokes to a digit (28, 28) in [0, 1]: absolute error, as a share of the ink, with the best of PENS."""
    width = stroke_width(image) * CANVAS / 28
    rendered = [render(strokes, share * width, side=28) / 255 for share in PENS]
    return min(float(np.abs(one - image).sum() / image.sum()) for one in rendered)


def _strokes(skeleton: np.ndarray) -> Strokes:
    """Convert a skeleton (H, W) bool to strokes; an empty list if it has only specks."""
    graph = _pixel_graph(skeleton)
    if not graph:
        return []
    _prune(graph)
    paths = sorted(_join(_branches(graph)), key=_length, reverse=True)
    return [_to_canvas(path) for path in paths if _length(path) >= SHORTEST_SPUR * ENLARGE]


def _skeletons(image: np.ndarray) -> list[np.ndarray]:
    """Skeletons of a digit (28, 28) in [0, 1], enlarged to (28 * ENLARGE, 28 * ENLARGE) bool, in several ways.

    Filled loops are hollowed out before thinning: with one line through its filled head, a nine would become a seven.
    """
    try:
        from scipy.ndimage import distance_transform_edt  # noqa: PLC0415 (all else in `train` works without these)
        from skimage.filters import gaussian  # noqa: PLC0415
        from skimage.morphology import skeletonize  # noqa: PLC0415
        from skimage.transform import resize  # noqa: PLC0415
    except ImportError:
        raise ImportError(NO_SKIMAGE) from None
    side, width = 28 * ENLARGE, stroke_width(image)
    smoothed = gaussian(resize(_evened(image), (side, side), order=1), ENLARGE / 3)
    depths = [max(share * width, least) * ENLARGE for share, least in BLOBS]
    inks = [smoothed > edge for edge in EDGES]
    insides = [np.asarray(distance_transform_edt(ink)) for ink in inks]  # pixels from the paper
    hollowed = [ink & (inside <= depth) for ink, inside in zip(inks, insides, strict=True) for depth in depths]
    different = {ink.tobytes(): ink for ink in hollowed}  # most digits have no filled loop
    return [skeletonize(ink) for ink in different.values()]


def _evened(image: np.ndarray) -> np.ndarray:
    """Brighten faint strokes of a digit (28, 28) in [0, 1]: divide by the maximum within two pixels."""
    near = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2), (5, 5)).max(axis=(2, 3))
    return image / np.maximum(near, FAINTEST)


def _pixel_graph(skeleton: np.ndarray) -> Graph:
    """Graph of neighbouring pixels of a skeleton (H, W); diagonal ones only where no common neighbour connects them."""
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
    """Follow the line from `start` over `second` to the next end or crossing, or back to `start`."""
    path = [start, second]
    while len(graph[path[-1]]) == 2 and path[-1] != start:
        (following,) = graph[path[-1]] - {path[-2]}
        path.append(following)
    return path


def _prune(graph: Graph) -> None:
    """Remove short spurs (branches from an end to a crossing), the shortest first."""
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
    """Cut the graph at its ends and crossings; cut a ring without any at its topmost pixel."""
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
    """Join pairs of branches that go straight through a crossing, the straightest pair first."""
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
    """Return the unit direction of the path at its last pixel, over the last two MNIST pixels."""
    step = np.subtract(path[-1], path[max(-len(path), -2 * ENLARGE)]).astype(float)
    return step / max(float(np.hypot(*step)), 1e-9)


def _length(path: list[Pixel]) -> float:
    """Length of a path, in skeleton pixels."""
    return float(np.hypot(*np.diff(np.array(path), axis=0).T).sum())


def _to_canvas(path: list[Pixel]) -> list[tuple[float, float]]:
    """Smooth a path of skeleton pixels, resample it evenly and scale it to the canvas, upper end first."""
    points = np.array(path[::-1] if path[-1] < path[0] else path, float)[:, ::-1]
    points = smooth(points, SMOOTHING * ENLARGE)
    along = arc_length(points)
    stops = np.linspace(0, along[-1], 1 + round(along[-1] / (SPACING * ENLARGE)))
    even = np.stack([np.interp(stops, along, column) for column in points.T], axis=1)
    return [(float(x), float(y)) for x, y in (even + 0.5) * CANVAS / (28 * ENLARGE)]
