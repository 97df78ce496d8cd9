"""Frames along the edge of a picture: find what is inside them."""

import numpy as np

from vit.ink.parts import label_parts

UNIFORM = 0.1  # of the range from black to white: largest difference of colours in a plain line
FRAME = 0.15  # of the picture's side: width of the widest frame at its edge
PLAIN = 0.7  # least share of a line's pixels with one colour, in a frame and on the paper just inside it
HOLE = 0.85  # of its bounding box: a part that fills more is the hole of a 0 with corners, not a digit in a frame
SMALLEST_INSIDE = 12  # pixels, least side of the inside of a frame
SLENDER = 0.3  # largest ratio of width to height of a 1
RULE = 0.03  # of the picture's side: width of the widest rule on the paper

ONLY_A_FRAME = "There is no digit to see: the picture shows only a frame."


def inside_frames(image: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns of a picture (H, W, C) that are inside all frames at its edge.

    Raises:
        ValueError: the picture shows only a frame.
    """
    rows, columns = slice(0, image.shape[0]), slice(0, image.shape[1])
    while (widths := _frame_widths(image[rows, columns])) is not None:
        top, bottom, left, right = widths
        rows, columns = slice(rows.start + top, rows.stop - bottom), slice(columns.start + left, columns.stop - right)
    return rows, columns


def _frame_widths(image: np.ndarray) -> tuple[int, int, int, int] | None:
    """Return the widths of a frame along the edge of a picture (H, W, C): top, bottom, left, right; None without one.

    A frame has one colour; just inside it, on all four sides, the paper has another colour. Strokes are on the paper.

    Raises:
        ValueError: there is nothing on the paper.
    """
    colour = np.median(np.concatenate((image[0], image[-1], image[:, 0], image[:, -1])), axis=0)
    own = np.abs(image - colour).max(axis=2) < UNIFORM
    widths = [_depth(lines, max(1, int(FRAME * len(lines)))) for lines in (own, own[::-1], own.T, own.T[::-1])]
    if not all(widths):
        return None
    top, bottom, left, right = (width + 1 for width in widths)  # one more for the soft edge
    inner = image[top:-bottom, left:-right]
    if min(inner.shape[:2]) < SMALLEST_INSIDE:
        return None
    paper = np.median(np.concatenate(_ring(inner, 0)), axis=0)
    rings = (0, 2 + round(RULE * min(image.shape[:2])))  # two depths, because a rule may cover one
    sides = [side for depth in rings for side in _ring(inner, depth)]
    plain = all((np.abs(side - paper).max(axis=1) < UNIFORM).mean() >= PLAIN for side in sides)
    if not plain or np.abs(paper - colour).max() < UNIFORM:
        return None
    inside = np.abs(inner - paper).max(axis=2) >= UNIFORM
    height, width = inside.shape
    if not inside.any() and width >= SLENDER * height:
        raise ValueError(ONLY_A_FRAME)
    return (top, bottom, left, right) if _holds_strokes(inside) else None


def _holds_strokes(mask: np.ndarray) -> bool:
    """Tell whether the largest part of a mask (H, W) is a stroke, and not the hole of a 0 with corners."""
    parts = label_parts(mask)
    if not len(parts.size):
        return False
    main = parts.size.argmax()
    height, width = parts.high[main] - parts.low[main] + 1
    return bool(parts.size[main] < HOLE * height * width or width < SLENDER * height)


def _ring(image: np.ndarray, depth: int) -> list[np.ndarray]:
    """Return the four lines of pixels, (length, C) each, of a picture (H, W, C) at a depth in pixels from its edge."""
    image = image[depth : len(image) - depth, depth : image.shape[1] - depth]
    return [image[0], image[-1], image[:, 0], image[:, -1]]


def _depth(own: np.ndarray, most: int) -> int:
    """Count the first lines of a mask (n, length) that are of the frame's colour; 0 if there are more than `most`."""
    lines = own[: most + 1].mean(axis=1) >= PLAIN
    depth = int(lines.argmin()) if not lines.all() else len(lines)
    return depth if depth <= most else 0
