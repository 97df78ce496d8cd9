"""Test set of rare digit shapes, drawn in another way than the training set of `train.synthetic.rare_digits`.

Each shape is a path of lines and cubic Bezier curves whose points are drawn at random. All points of a drawing are
then turned, slanted, stretched and bent by a smooth wave, while the training set jitters each point by itself and
joins them with Catmull-Rom splines.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from train.data.dataset import Digits
from train.synthetic.one_or_seven import one_or_seven
from vit.ink import from_strokes

Points = np.ndarray  # (n, 2), x to the right and y downwards
Between = Callable[[float, float], float]  # draws a number between two numbers
Path = Callable[[Between], str]

TURN = 0.14  # radians, largest rotation to either side
SLANT = 0.35  # largest shear to either side, as a tangent
RANGES = (-0.15, 0.4), (0.15, 0.6)  # least and largest lean of a stem (radians) and length of a flag (stems)
WAVE = 0.03  # of the digit's height: amplitude of the wave along each axis
CURVE_POINTS = 14  # of a Bezier curve
HOOKS = ("1, ", "7, long bar")  # shapes that start with a flag, a corner and a stem

PATHS: dict[str, Path] = {
    "1, tick": lambda u: f"M {-u(0.04, 0.12)} {u(0.1, 0.2)} L 0 0 L {u(-0.03, 0.03)} 1",
    "1, half flag": lambda u: f"M {-u(0.2, 0.4)} {u(0.35, 0.55)} L 0 0 L {u(-0.05, 0.05)} 1",
    "1, flag to the base line": lambda u: f"M {-u(0.25, 0.6)} {u(0.85, 1)} L 0 0 L {u(-0.05, 0.05)} 1",
    "1, flat flag": lambda u: f"M {-u(0.25, 0.45)} {u(0.2, 0.36)} L 0 0 L {u(-0.05, 0.05)} 1",
    "1, flag and foot": lambda u: (
        f"M {-u(0.1, 0.35)} {u(0.2, 0.5)} L 0 0 L 0 1 M {-u(0.15, 0.4)} {u(0.98, 1.02)} L {u(0.15, 0.4)} 1"
    ),
    "1, long flag and foot": lambda u: (
        f"M {-u(0.25, 0.5)} {u(0.65, 0.9)} L 0 0 L 0 1 M {-u(0.1, 0.3)} 1 L {u(0.15, 0.35)} {u(0.97, 1.02)}"
    ),
    "1, foot only": lambda u: f"M {u(-0.03, 0.06)} 0 L 0 1 M {-u(0.15, 0.4)} 1 L {u(0.15, 0.4)} {u(0.97, 1.03)}",
    "4, flash": lambda u: f"M {u(0.3, 0.5)} 0 L 0 {u(0.48, 0.6)} L {u(0.5, 0.7)} {u(0.44, 0.58)} L {u(0.2, 0.4)} 1",
    "4, closed at the top": lambda u: (
        f"M {u(0.4, 0.5)} 1 L {u(0.42, 0.5)} 0 L 0 {u(0.5, 0.72)} L {u(0.62, 0.8)} {u(0.55, 0.72)}"
    ),
    "4, closed, two strokes": lambda u: (
        f"M {u(0.42, 0.5)} 0 L 0 {u(0.5, 0.7)} L {u(0.6, 0.8)} {u(0.55, 0.7)} M {u(0.42, 0.5)} {u(0, 0.05)} L 0.45 1"
    ),
    "5, bar apart": lambda u: (
        f"M 0.1 {u(0.2, 0.27)} L 0.06 0.48 C {u(0.3, 0.45)} 0.3 {u(0.6, 0.75)} 0.95 {u(0.2, 0.35)} 0.99 "
        f"C 0.15 1 0.06 0.98 0 {u(0.86, 0.96)} M {u(0.22, 0.32)} {u(-0.04, 0.02)} L {u(0.55, 0.75)} {u(-0.06, 0.02)}"
    ),
    "5, straight lines": lambda u: (
        f"M {u(0.45, 0.6)} 0 L 0.03 {u(-0.02, 0.04)} L 0 {u(0.42, 0.5)} L {u(0.45, 0.6)} {u(0.42, 0.5)} L 0.52 1 L 0 1"
    ),
    "6, straight lines, closed": lambda u: (
        f"M {u(0.3, 0.5)} 0 L 0 {u(0.5, 0.65)} L {u(0.06, 0.16)} 1 L {u(0.45, 0.58)} {u(0.92, 1)} "
        f"L {u(0.48, 0.6)} 0.6 L 0.03 {u(0.58, 0.68)}"
    ),
    "6, straight lines, open": lambda u: (
        f"M {u(0.3, 0.5)} 0 L 0 {u(0.5, 0.65)} L {u(0.06, 0.16)} 1 L {u(0.45, 0.58)} {u(0.92, 1)} "
        f"L {u(0.48, 0.6)} 0.6 L {u(0.25, 0.34)} {u(0.55, 0.62)}"
    ),
    "6, boxy, closed": lambda u: (
        f"M {u(0.3, 0.55)} {u(-0.02, 0.03)} L 0 0 L 0 1 L {u(0.45, 0.6)} 1 L {u(0.46, 0.6)} {u(0.45, 0.58)} L 0 0.52"
    ),
    "6, boxy, open": lambda u: (
        f"M {u(0.3, 0.55)} {u(-0.02, 0.03)} L 0 0 L 0 1 L {u(0.45, 0.6)} 1 L {u(0.46, 0.6)} {u(0.45, 0.58)} "
        f"L {u(0.22, 0.34)} 0.52"
    ),
    "7, long bar": lambda u: f"M {-u(0.38, 0.65)} {u(-0.04, 0.06)} L 0 0 L {-u(-0.03, 0.12)} 1",
    "8, two parts": lambda u: (
        f"M 0.3 0 C {-u(0, 0.06)} 0 0.05 0.42 0.28 {u(0.36, 0.4)} C {u(0.55, 0.65)} 0.38 0.55 0 0.3 0 "
        f"M 0.3 {u(0.56, 0.64)} C {-u(0.06, 0.15)} 0.6 {-u(0.02, 0.12)} 1 0.3 1 C {u(0.7, 0.8)} 1 0.65 0.6 0.3 0.6"
    ),
    "8, two rings that touch": lambda u: (
        f"M 0.3 0 C {-u(0, 0.06)} 0 0 0.48 0.3 0.48 C {u(0.58, 0.66)} 0.48 0.56 0 0.3 0 "
        f"M 0.3 0.48 C {-u(0.06, 0.15)} 0.5 {-u(0.02, 0.12)} 1 0.3 1 C {u(0.7, 0.8)} 1 0.65 0.5 0.3 0.48"
    ),
    "9, curled foot": lambda u: (
        f"M 0.46 0.2 C 0.4 {u(0.48, 0.6)} 0 {u(0.42, 0.52)} 0.02 0.22 C 0.05 -0.08 0.48 -0.06 0.48 0.22 "
        f"C 0.52 0.7 {u(0.4, 0.5)} 1 {u(0.2, 0.3)} 1 C 0 1 -0.02 {u(0.78, 0.84)} {u(0.12, 0.2)} {u(0.8, 0.86)}"
    ),
    "9, hooked foot": lambda u: (
        f"M 0.46 0.2 C 0.4 {u(0.48, 0.6)} 0 {u(0.42, 0.52)} 0.02 0.22 C 0.05 -0.08 0.48 -0.06 0.48 0.22 "
        f"L {u(0.4, 0.5)} {u(0.85, 0.95)} C 0.4 1.02 0.3 1 {u(0.05, 0.2)} {u(0.92, 1)}"
    ),
    "9, straight foot": lambda u: (
        f"M 0.46 0.16 C 0.4 {u(0.48, 0.6)} 0 {u(0.42, 0.52)} 0.02 0.22 C 0.05 -0.08 0.44 -0.06 0.47 0.16 "
        f"L {u(0.3, 0.5)} 1"
    ),
    "9, boxy": lambda u: (
        f"M 0.5 {u(0.42, 0.5)} L 0 {u(0.42, 0.5)} L {u(0, 0.05)} 0 L {u(0.48, 0.56)} 0 L 0.52 1 L {u(0.02, 0.2)} 1"
    ),
}


def draw_unseen(shape: str, random: Generator, width: float = 1.0) -> list[Points]:
    """Sample a drawing of a shape in `PATHS`, `width` times as wide as usual; strokes of points (n, 2).

    A one or a seven on the border between both (`train.synthetic.one_or_seven`) is drawn again.
    """
    while True:
        path = PATHS[shape](random.uniform)
        strokes = vary([trace(part) for part in path.split("M")[1:]], random, width)
        if not is_hook(shape) or one_or_seven(strokes[0]) == int(shape[0]):
            return strokes


def is_hook(shape: str) -> bool:
    """Tell whether a shape's first stroke is a flag, a corner and a stem."""
    return shape.startswith(HOOKS) and shape != "1, foot only"


def trace(path: str) -> Points:
    """Turn a path, "x y" and then "L x y" or "C x y x y x y" (a cubic Bezier curve), into points (n, 2)."""
    line = [np.array(path.replace("L", "C").split("C")[0].split(), float)]
    for piece in path.replace("L", "|L").replace("C", "|C").split("|")[1:]:
        points = np.array(piece[1:].split(), float).reshape(-1, 2)
        line.extend(points if piece[0] == "L" else bezier(np.array([line[-1], *points]))[1:])
    return np.array(line)


def bezier(control: Points) -> Points:
    """Draw a cubic Bezier curve with four control points (4, 2), (CURVE_POINTS, 2) with both ends."""
    t = np.linspace(0, 1, CURVE_POINTS)
    weights = np.stack([math.comb(3, k) * t**k * (1 - t) ** (3 - k) for k in range(4)], axis=1)
    return weights @ control


def vary(strokes: list[Points], random: Generator, width: float) -> list[Points]:
    """Turn, slant and bend strokes at random, and make them `width` times as wide."""
    turn, slant = random.uniform(-TURN, TURN), random.uniform(-SLANT, SLANT)
    cos, sin = math.cos(turn), math.sin(turn)
    affine = np.array([[width, 0], [-slant, 1]]) @ np.array([[cos, sin], [-sin, cos]])
    waves, phases = random.uniform(0.5, 1.4, (2, 2)), random.uniform(0, 2 * math.pi, 2)
    return [points @ affine + WAVE * np.sin(2 * math.pi * points @ waves + phases) for points in strokes]


def make_unseen(shape: str, count: int, seed: int, width: float = 1.0) -> Digits:
    """Make `count` drawings of a shape, `width` times as wide as usual; the seed decides all."""
    random = np.random.default_rng([seed, list(PATHS).index(shape)])
    drawings = [draw_unseen(shape, random, width) for _ in range(count)]
    return Digits(to_images(drawings), torch.full((count,), int(shape[0])))


def make_hooks(angle: float, count: int, seed: int) -> Tensor:
    """Draw `count` hooks whose flag and stem enclose `angle` degrees, with flags of 0.4 to 0.6 stems."""
    random = np.random.default_rng([seed, round(1000 * angle)])
    hooks = [[hook(math.radians(angle), *random.uniform(*RANGES))] for _ in range(count)]
    return to_images(hooks)


def hook(angle: float, lean: float, length: float) -> Points:
    """Return the end of the flag, the corner and the end of the stem, (3, 2); angles in radians."""
    stem, flag = np.array([math.sin(lean), math.cos(lean)]), np.array([math.sin(lean - angle), math.cos(lean - angle)])
    return np.stack([length * flag, np.zeros(2), stem])


def to_images(drawings: list[list[Points]]) -> Tensor:
    """Render drawings as the page does, (n, 28, 28) uint8."""
    images = np.array([from_strokes(strokes) for strokes in drawings]).reshape(-1, 28, 28)
    return torch.from_numpy(np.rint(images * 255).astype(np.uint8))
