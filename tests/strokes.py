"""Turn MNIST digits back into pen strokes, so that tests can draw real digits with a pen or a mouse.

A digit's skeleton is thinned out of an enlarged, smoothed copy, read as a graph of pixels, cut into branches
between its ends and crossings, and the branches are joined again where the pen would have gone straight on.
"""

from pathlib import Path

import numpy as np
from skimage.filters import gaussian
from skimage.morphology import skeletonize
from skimage.transform import resize

MNIST_FOLDER = Path(__file__).parent.parent / "data" / "MNIST" / "raw"
CANVAS = 280  # canvas pixels a side: ten for each of MNIST's
ENLARGE = 8  # skeleton pixels for each of MNIST's
SHORTEST_SPUR = 1.5  # in MNIST pixels: about the pen's radius, so what thinning leaves of a blunt end is cut
SMOOTHING = 0.5  # in MNIST pixels: standard deviation along the path, against the staircase of the skeleton
SPACING = 0.4  # in MNIST pixels, between the points of a stroke

Pixel = tuple[int, int]
Graph = dict[Pixel, set[Pixel]]


def mnist(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Read one split of MNIST from the IDX files in `data/MNIST/raw`.

    Args:
        split: "train" (60,000 digits) or "test" (10,000).

    Returns:
        Images (n, 28, 28) and labels (n,), both uint8.
    """
    prefix = {"train": "train", "test": "t10k"}[split]
    images = (MNIST_FOLDER / f"{prefix}-images-idx3-ubyte").read_bytes()
    labels = (MNIST_FOLDER / f"{prefix}-labels-idx1-ubyte").read_bytes()
    return np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=8)


def trace(image: np.ndarray) -> list[list[tuple[float, float]]]:
    """Turn one MNIST digit into pen strokes on a 280x280 canvas, ten canvas pixels for each of the digit's.

    Args:
        image: (28, 28), white ink on black, in any unit.

    Returns:
        Strokes of (x, y) points about four canvas pixels apart, the longest stroke first, each begun at its
        upper end. A speck becomes a stroke of one point.
    """
    graph = _pixel_graph(_skeleton(image))
    _prune(graph)
    paths = _join(_branches(graph))
    paths.sort(key=_length, reverse=True)
    return [_to_canvas(path) for path in paths]


def _skeleton(image: np.ndarray) -> np.ndarray:
    """Thin the enlarged digit to lines one pixel wide: (28 * ENLARGE, 28 * ENLARGE) bool."""
    side = 28 * ENLARGE
    smooth = resize(image / image.max(), (side, side), order=1)
    return skeletonize(gaussian(smooth, ENLARGE / 3) > 0.6)


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
