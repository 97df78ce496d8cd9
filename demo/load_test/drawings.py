"""What simulated visitors draw: the page's example drawings, in part or a little changed."""

from __future__ import annotations

from vit.ink import shipped

Drawing = list[list[list[float]]]  # strokes of points (x, y, milliseconds, pressure)

FIRST = 10  # points of the first glance; fewer may be a dot, which cannot be read


def examples() -> list[Drawing]:
    """Return the example drawings of the page."""
    return [example["strokes"] for example in shipped.examples()]


def partial_drawing(drawing: Drawing, share: float) -> Drawing:
    """Return the first strokes and points of a drawing, a `share` in [0, 1] of all points."""
    left = max(FIRST, round(share * sum(map(len, drawing))))
    strokes = []
    for stroke in drawing:
        strokes.append(stroke[:left])
        left -= len(stroke)
        if left <= 0:
            break
    return strokes


def moved(drawing: Drawing, number: int) -> Drawing:
    """Return a drawing whose last point lies elsewhere for each number, so that no cache knows it."""
    *strokes, last = drawing
    x, y, *rest = last[-1]
    return [*strokes, [*last[:-1], [x + number % 40 / 8, y + number // 40 % 40 / 8, *rest]]]
