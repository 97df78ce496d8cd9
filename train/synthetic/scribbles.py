"""Random drawings that are not digits: scribbles, letters and shapes, as pen strokes.

Letters and shapes that look like a digit (O, I, l, S, Z, B, b, g, q, a circle) are left out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from train.synthetic.handwriting import catmull_rom

Points = np.ndarray  # (n, 2), x to the right and y downwards; a drawing is a list of them

TURN = 2 * np.pi  # radians
MIN_RELATIVE_LENGTH = 4.0  # least length of a scribble, in longest sides of its box: an 8 has about 3
SHAKE = 0.02  # standard deviation of the jitter of each point of a letter or shape, in heights

# Upper and lower case letters as polylines in a box one unit high.
LETTERS = {
    "A": ["0,1 .4,0 .8,1", ".15,.65 .65,.65"],
    "E": [".6,0 0,0 0,1 .6,1", "0,.5 .5,.5"],
    "F": [".6,0 0,0 0,1", "0,.5 .5,.5"],
    "H": ["0,0 0,1", ".7,0 .7,1", "0,.5 .7,.5"],
    "K": ["0,0 0,1", ".6,0 0,.6", ".15,.45 .65,1"],
    "M": ["0,1 0,0 .45,.7 .9,0 .9,1"],
    "N": ["0,1 0,0 .7,1 .7,0"],
    "R": ["0,1 0,0 .4,0 .6,.12 .6,.38 .4,.5 0,.5", ".25,.5 .65,1"],
    "T": ["0,0 .8,0", ".4,0 .4,1"],
    "V": ["0,0 .4,1 .8,0"],
    "W": ["0,0 .25,1 .5,.3 .75,1 1,0"],
    "X": ["0,0 .7,1", ".7,0 0,1"],
    "Y": ["0,0 .4,.5 .8,0", ".4,.5 .4,1"],
    "e": ["0,.5 .6,.5 .6,.25 .4,0 .2,0 0,.25 0,.75 .2,1 .45,1 .6,.85"],
    "f": [".6,.1 .45,0 .3,.1 .25,.3 .25,1", "0,.4 .55,.4"],
    "k": ["0,0 0,1", ".45,.4 0,.7", ".15,.6 .5,1"],
    "m": ["0,.3 0,1", "0,.5 .2,.3 .4,.35 .45,.5 .45,1", ".45,.5 .65,.3 .85,.35 .9,.5 .9,1"],
    "n": ["0,.3 0,1", "0,.5 .25,.3 .5,.35 .6,.55 .6,1"],
    "r": ["0,.3 0,1", "0,.55 .2,.35 .5,.3"],
    "w": ["0,.3 .2,1 .45,.45 .7,1 .9,.3"],
}


def walk(random: Generator) -> list[Points]:
    """Draw a random walk whose heading drifts."""
    wobble = random.uniform(0.35, 0.9)
    while True:
        heading = random.normal(0, wobble, random.integers(40, 200)).cumsum()
        path = unit_circle(heading).cumsum(axis=0)
        if relative_length(path) > MIN_RELATIVE_LENGTH:
            return [path]


def spline(random: Generator) -> list[Points]:
    """Draw one smooth curve through 8 to 14 random points."""
    while True:
        knots = random.random((random.integers(8, 15), 2))
        path = catmull_rom(knots)
        if relative_length(path) > MIN_RELATIVE_LENGTH:
            return [path]


def zigzag(random: Generator) -> list[Points]:
    """Draw a zigzag of 6 to 15 points."""
    count = random.integers(6, 16)
    across = np.where(np.arange(count) % 2, random.uniform(0.3, 1.2), 0) + random.normal(0, 0.06, count)
    return [rotate(np.stack([across, np.linspace(0, 1, count)], axis=1), random.uniform(0, TURN))]


def spiral(random: Generator) -> list[Points]:
    """Draw a spiral of 2.5 to 6 turns, in either direction."""
    angle = np.linspace(0, TURN * random.uniform(2.5, 6), 150)
    path = (0.05 + angle / angle[-1])[:, None] * unit_circle(angle) * (1, random.uniform(0.6, 1))
    return [rotate(path, random.uniform(0, TURN)) * random.choice([-1, 1], 2)]


def lines(random: Generator) -> list[Points]:
    """Draw 5 to 14 random straight lines."""
    return list(random.random((random.integers(5, 15), 2, 2)))


def star(random: Generator) -> list[Points]:
    """Draw a star with 5 to 8 tips: its outline or its rays."""
    count = random.integers(5, 9)
    angle = TURN * (np.arange(2 * count) / (2 * count) + random.random()) + random.normal(0, 0.05, 2 * count)
    rim = np.where(np.arange(2 * count) % 2, random.uniform(0.35, 0.5), 1)[:, None] * unit_circle(angle)
    if random.random() < 0.5:
        return [np.stack([-0.05 * tip, tip]) for tip in rim[::2]]
    return [np.concatenate([rim, rim[:1]])]


def hatching(random: Generator) -> list[Points]:
    """Draw 6 to 12 parallel strokes, in half of the cases with others across them."""
    drawing: list[Points] = []
    angle = random.uniform(0, TURN)
    for tilt in (angle, angle + random.uniform(1, 2))[: random.integers(1, 3)]:
        for at in np.linspace(-0.5, 0.5, random.integers(6, 13)):
            ends = np.array([[-0.5, at], [0.5, at]]) + random.normal(0, 0.04, (2, 2))
            drawing.append(rotate(ends, tilt))
    return drawing


def letter(random: Generator) -> list[Points]:
    """Draw one of `LETTERS`, jittered, stretched, slanted and rotated."""
    texts = list(LETTERS.values())[random.integers(len(LETTERS))]
    return vary([np.array([point.split(",") for point in text.split()], float) for text in texts], random)


def shape(random: Generator) -> list[Points]:
    """Draw one of `SHAPES`, jittered, stretched, slanted and rotated."""
    return vary(SHAPES[random.integers(len(SHAPES))](), random)


def arcs(random: Generator) -> list[Points]:
    """Draw 3 to 6 random arcs of ellipses."""
    drawing = []
    for _ in range(random.integers(3, 7)):
        begin, reach = random.uniform(0, TURN), random.uniform(0.5, TURN)
        radii = random.uniform(0.1, 0.5) * random.uniform(0.4, 1, 2)
        drawing.append(random.random(2) + radii * unit_circle(np.linspace(begin, begin + reach, 20)))
    return drawing


def loops(random: Generator) -> list[Points]:
    """Draw a smooth curve with many loops: a sum of six cosine waves along each axis."""
    waves = np.arange(1, 7)
    t = np.linspace(0, TURN * random.uniform(0.6, 1), 120)[:, None]
    while True:
        heights, phases = random.normal(size=(2, 6)) / waves**0.7, random.uniform(0, TURN, (2, 6))
        path = (heights[:, None] * np.cos(t * waves + phases[:, None])).sum(axis=-1).T  # (120, 2)
        if relative_length(path) > MIN_RELATIVE_LENGTH:
            return [path]


def square() -> list[Points]:
    return [np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], float)]


def triangle() -> list[Points]:
    return [np.array([(0, 0.9), (0.5, 0), (1, 0.9), (0, 0.9)])]


def heart() -> list[Points]:
    angle = np.linspace(0, TURN, 40)
    across = 16 * np.sin(angle) ** 3
    down = 13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle)
    return [np.stack([across, -down], axis=1) / 32]


def smiley() -> list[Points]:
    face, mouth = (unit_circle(np.linspace(*ends)) for ends in ((0, TURN, 30), (0.1, TURN / 2 - 0.1, 8)))
    eyes = [np.array([(side - 0.06, -0.18), (side + 0.06, -0.18)]) for side in (-0.18, 0.18)]
    return [face / 2, *eyes, 0.28 * mouth]


def house() -> list[Points]:
    return [np.array([(0, 1), (0, 0.4), (0.5, 0), (1, 0.4), (1, 1), (0, 1)]), np.array([(0, 0.4), (1, 0.4)])]


def arrow() -> list[Points]:
    return [np.array([(0, 0.5), (1, 0.5)]), np.array([(0.65, 0.15), (1, 0.5), (0.65, 0.85)])]


def ladder() -> list[Points]:
    rungs = [np.array([(0, at), (0.45, at)]) for at in (0.2, 0.4, 0.6, 0.8)]
    return [np.array([(0, 0), (0, 1.0)]), np.array([(0.45, 0), (0.45, 1)]), *rungs]


SHAPES: tuple[Callable[[], list[Points]], ...] = (square, triangle, heart, smiley, house, arrow, ladder)


def vary(drawing: list[Points], random: Generator) -> list[Points]:
    """Jitter the points of a drawing, then stretch, slant and rotate it a little."""
    width, slant, tilt = random.uniform(0.75, 1.2), random.uniform(-0.1, 0.3), random.uniform(-0.15, 0.15)
    affine = np.array([[width, 0], [-slant, 1]])
    return [rotate((line + random.normal(0, SHAKE, line.shape)) @ affine, tilt) for line in drawing]


def rotate(points: Points, angle: float) -> Points:
    """Rotate points clockwise by an angle in radians."""
    return points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def unit_circle(angle: np.ndarray) -> Points:
    """Return the points of the unit circle at these angles (n,) in radians, (n, 2)."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def relative_length(path: Points) -> float:
    """Return the ratio of a path's length to the longest side of its bounding box."""
    return float(np.hypot(*np.diff(path, axis=0).T).sum() / np.ptp(path, axis=0).max())
