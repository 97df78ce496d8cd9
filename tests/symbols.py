"""Symbols of several drawings, varied as one hand varies them, as the page's view Symbols exports them."""

import math
from itertools import pairwise
from typing import Any

import numpy as np

from train.synthetic.handwriting import redraw

Strokes = list[list[tuple[float, float]]]


def arc(x: float, y: float, radius: float, begin: float = 0.0, end: float = 360.0) -> list[tuple[float, float]]:
    """Return points on a circle, from one angle to another in degrees."""
    angles = np.radians(np.linspace(begin, end, 25))
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def line(*corners: tuple[float, float]) -> list[tuple[float, float]]:
    """Return points on straight lines from corner to corner."""
    steps = np.linspace(0, 1, 8)
    pairs = pairwise(corners)
    return [(x + t * (u - x), y + t * (v - y)) for (x, y), (u, v) in pairs for t in steps]


SHAPES: dict[str, Strokes] = {
    "triangle": [line((140, 60), (220, 210), (60, 210), (140, 60))],
    "smiley": [
        arc(140, 140, 80),
        arc(140, 140, 45, 20, 160),
        line((112, 105), (112, 120)),
        line((168, 105), (168, 120)),
    ],
    "arrow": [line((60, 140), (220, 140)), line((170, 90), (220, 140), (170, 190))],
    "note": [arc(115, 195, 25), line((140, 195), (140, 60), (190, 95))],
}


def drawings(name: str, count: int, seed: int = 0) -> list[Strokes]:
    """Return varied drawings of a shape."""
    rng = np.random.default_rng([seed, *name.encode()])
    return [redraw(SHAPES[name], rng) for _ in range(count)]


def symbols(
    count: int = 10, names: tuple[str, ...] = ("triangle", "smiley", "arrow"), seed: int = 0
) -> list[dict[str, Any]]:
    """Return symbols of `count` drawings each, as in a file."""
    return [
        {
            "name": name,
            "drawings": [
                {"strokes": [[list(point) for point in stroke] for stroke in each]}
                for each in drawings(name, count, seed)
            ],
        }
        for name in names
    ]


def file_of(content: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the file that holds symbols."""
    return {"format": "inkling-symbols", "version": 1, "symbols": content}
