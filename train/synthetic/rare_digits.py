"""Rare digit shapes: synthetic digits in shapes that are common elsewhere but rare in MNIST.

MNIST's writers were all Americans of one time. Each shape has two extremes, for example a short and a long flag. A
sample interpolates between them, is jittered, stretched and slanted, and is rendered by `vit.ink.from_strokes`, as on
the page. A small share of such samples in the training set teaches a model to read them. A hook that might be a one or
a seven (`train.synthetic.one_or_seven`) is drawn again. `train.synthetic.unseen_shapes` has the test set.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator

from train.data.dataset import Digits
from train.synthetic.handwriting import catmull_rom
from train.synthetic.one_or_seven import one_or_seven
from vit.ink import from_strokes

Points = np.ndarray  # (n, 2), x to the right and y downwards
Stroke = tuple[str, str]

SHAKE = 0.03  # standard deviation of the jitter of each point, in heights of the digit
STRETCH = 1.6  # largest factor by which a digit is made wider or narrower
SLANT = (-0.3, 0.6)  # range of the shear to the right, in heights

# Digit -> shapes. A shape is a list of strokes, each as two extremes: points in a box one unit high, sections separated
# by a slash, curved sections marked with a tilde.
RARE_SHAPES: dict[int, list[list[Stroke]]] = {
    0: [
        [
            ("~.3,0 .02,.3 .05,.75 .3,1 .55,.75 .55,.3 .3,0", "~.4,0 .1,.1 0,.6 .3,1 .7,.8 .75,.3 .35,0"),
            (".5,.1 .1,.9", ".75,0 -.05,1"),
        ],
    ],
    1: [
        [(".2,.14 .3,0 .3,1", "-.1,.55 .35,0 .35,1")],
        [("~.15,.2 .25,.14 .32,0/.32,0 .32,1", "~-.05,.4 .2,.28 .38,0/.38,0 .34,1")],
        [(".2,.14 .3,0 .3,1", "0,.45 .35,0 .35,1"), (".15,1 .45,1", "-.05,1 .75,1")],
        [(".24,.1 .3,0 .3,1", "-.3,.95 .35,0 .35,1")],
        [(".24,.1 .3,0 .3,1", "-.3,.95 .35,0 .35,1"), (".2,1 .4,1", "-.1,1 .8,1")],
        [(".17,.1 .3,0 .3,1", "-.35,.5 .3,0 .3,1")],
        [(".3,0 .3,1", ".35,0 .35,1"), (".15,1 .45,1", "-.05,1 .75,1")],
    ],
    2: [
        [("0,.05 .5,0 .02,1 .5,1", "0,0 .65,.02 0,.97 .7,1")],
        [("~.05,.2 .18,0 .35,.15 .25,.55 .05,1/.05,1 .45,1", "~0,.3 .25,0 .55,.2 .4,.6 0,1/0,1 .65,.97")],
        [("~0,.2 .2,0 .45,.1 .4,.4 .1,.9 .02,.8 .2,.8 .5,1", "~0,.3 .3,0 .55,.2 .4,.6 .05,1 -.05,.75 .25,.75 .75,.95")],
    ],
    3: [
        [("0,0 .45,0 .2,.4/~.2,.4 .45,.5 .5,.75 .3,1 0,.92", "0,.05 .6,0 .15,.45/~.15,.45 .6,.5 .6,.85 .3,1 -.05,.85")],
    ],
    4: [
        [(".05,0 0,.5 .5,.5", ".2,.05 0,.7 .7,.6"), (".4,.05 .4,1", ".6,.2 .45,1")],
        [(".4,0 0,.6 .55,.6", ".5,0 0,.75 .75,.75"), (".4,0 .4,1", ".5,0 .5,1")],
        [(".3,0 0,.65 .6,.65", ".45,0 0,.8 .8,.8"), (".4,.4 .38,1", ".5,.55 .45,1")],
        [("~.05,0 .05,.4 .2,.55 .4,.5 .5,.3/.5,0 .48,1", "~0,.05 0,.45 .3,.65 .6,.5 .65,.1/.65,0 .55,1")],
        [(".3,0 0,.5 .5,.5 .3,1", ".6,0 0,.65 .7,.5 .5,1")],
        [(".42,1 .42,0 0,.6 .6,.6", ".5,1 .55,0 0,.7 .8,.7")],
        [("~.42,1 .42,.5 .42,0/.42,0 0,.55 .6,.55", "~.45,1 .5,.6 .55,0/.55,0 0,.75 .8,.65")],
    ],
    5: [
        [
            (".05,0 .02,.42/~.02,.42 .3,.35 .5,.6 .35,.95 0,.95", ".1,.05 0,.5/~0,.5 .4,.4 .6,.7 .35,1 -.05,.85"),
            (".05,0 .45,0", ".1,.05 .7,-.03"),
        ],
        [
            (".1,.17 .04,.47/~.04,.47 .3,.38 .5,.6 .35,.95 0,.95", ".1,.25 0,.53/~0,.53 .4,.43 .6,.7 .35,1 -.05,.85"),
            (".24,.01 .55,0", ".3,0 .8,-.05"),
        ],
        [(".5,0 .05,0 .02,.45 .5,.45 .5,1 0,1", ".7,0 0,0 0,.5 .6,.55 .55,1 0,.95")],
    ],
    6: [
        [
            (
                "~.35,0 .15,.3 .02,.65 .1,.95 .35,.97 .48,.75 .35,.55 .1,.62 .05,.75",
                "~.6,0 .2,.4 0,.75 .2,1 .45,.95 .5,.7 .3,.55 .1,.65 .03,.8",
            ),
        ],
        [
            (
                "~.5,.1 .35,0 .1,.15 0,.55 .1,.92 .35,1 .55,.75 .4,.48 .15,.5 .02,.65",
                "~.65,.15 .4,0 .1,.25 0,.65 .2,1 .5,.97 .62,.75 .5,.5 .2,.5 .03,.7",
            ),
        ],
        [(".35,0 .02,.5 .05,1 .5,1 .5,.55 .02,.55", ".6,0 0,.6 .15,1 .55,.9 .6,.65 0,.68")],
        [(".35,0 .02,.5 .05,1 .5,1 .5,.55 .31,.55", ".6,0 0,.6 .15,1 .55,.9 .6,.65 .4,.62")],
        [(".15,0 0,0 0,1 .5,1 .5,.45 0,.45", ".65,0 0,0 0,1 .65,1 .65,.6 0,.6")],
        [(".15,0 0,0 0,1 .5,1 .5,.45 .31,.45", ".65,0 0,0 0,1 .65,1 .65,.6 .42,.6")],
        [(".4,0 0,.55 .4,1 .55,.7 .05,.55", ".6,0 0,.6 .3,1 .6,.8 .2,.55")],
    ],
    7: [
        [("0,0 .5,0 .25,1", "0,.05 .65,0 .1,1"), (".2,.5 .5,.5", "0,.6 .6,.45")],
        [(".02,.15 0,0 .5,0 .25,1", "0,.25 0,.05 .65,0 .15,1"), (".2,.5 .5,.48", ".05,.6 .6,.4")],
        [("0,0 .5,0/~.5,0 .3,.4 .25,1", "0,.1 .65,0/~.65,0 .35,.35 .25,1"), (".15,.5 .45,.5", ".05,.5 .6,.5")],
        [("0,.02 .5,0 .45,1", "0,-.02 .7,0 .4,1")],
    ],
    8: [
        [
            ("~.25,0 .1,.1 .1,.35 .28,.45 .45,.3 .42,.1 .25,0", "~.3,0 .05,.15 .1,.4 .35,.5 .6,.35 .55,.1 .3,0"),
            ("~.28,.45 .05,.6 .02,.85 .3,1 .52,.85 .5,.6 .28,.45", "~.35,.5 0,.6 0,.9 .35,1 .65,.9 .65,.6 .35,.5"),
        ],
        [
            ("~.25,0 .08,.1 .08,.3 .25,.4 .42,.3 .42,.1 .25,0", "~.3,0 .1,.1 .05,.3 .3,.38 .6,.28 .5,.05 .3,0"),
            ("~.25,.5 .03,.62 .03,.88 .25,1 .5,.88 .5,.62 .25,.5", "~.35,.63 0,.72 0,.92 .35,1 .7,.92 .65,.72 .35,.63"),
        ],
        [
            ("~.5,.1 .25,0 .06,.2 .3,.47 .5,.75 .27,1 .03,.8", "~.6,.15 .3,0 .05,.25 .35,.5 .65,.8 .35,1 0,.85"),
            ("~.05,.82 .2,.52 .48,.12", "~.02,.8 .3,.5 .62,.08"),
        ],
    ],
    9: [
        [
            (
                "~.45,.25 .3,.5 .05,.4 .08,.08 .3,0 .45,.15 .47,.3/~.47,.3 .45,.7 .35,.95 .1,.97 .02,.9",
                "~.55,.3 .3,.6 0,.4 .1,.05 .4,0 .58,.2 .57,.4/~.57,.4 .55,.8 .35,1 .1,1 -.05,.8",
            ),
        ],
        [
            (
                "~.42,.15 .25,0 .05,.15 .08,.4 .3,.45 .42,.2/.42,.1 .42,1",
                "~.6,.1 .3,0 0,.2 .1,.5 .4,.5 .6,.15/.6,.05 .45,1",
            ),
        ],
        [
            (
                "~.45,.2 .3,.42 .05,.3 .1,.05 .35,0 .46,.25/~.46,.25 .45,.75 .28,1 .05,.95 .08,.82 .2,.86",
                "~.55,.25 .3,.5 0,.35 .1,.05 .4,0 .58,.3/~.58,.3 .6,.8 .3,1 -.05,.95 -.05,.78 .15,.84",
            ),
        ],
        [
            (
                "~.42,.15 .25,0 .05,.15 .08,.4 .3,.45 .42,.2/.42,.1 .42,1 .2,.95",
                "~.6,.1 .3,0 0,.2 .1,.5 .4,.5 .6,.15/.6,.05 .55,1 0,1",
            ),
        ],
        [(".5,.45 0,.45 0,0 .5,0 .5,1 .35,1", ".65,.55 0,.55 0,0 .65,0 .65,1 0,1")],
        [(".4,.2 .05,.45 .05,0 .45,0 .4,1", ".6,.3 0,.55 .1,0 .65,.05 .5,1")],
    ],
}


def make_rare_digits(count: int, seed: int) -> Digits:
    """Make `count` digits, of one shape after another, each with its own random variation; the seed decides all."""
    random = np.random.default_rng(seed)
    shapes = [(digit, shape) for digit, digit_shapes in RARE_SHAPES.items() for shape in digit_shapes]
    chosen = [shapes[at % len(shapes)] for at in range(count)]
    images = np.array([from_strokes(draw_clearly(*pair, random)) for pair in chosen]).reshape(-1, 28, 28)
    labels = torch.tensor([digit for digit, _ in chosen], dtype=torch.int64)
    return Digits(torch.from_numpy(np.rint(images * 255).astype(np.uint8)), labels)


def draw_clearly(digit: int, shape: list[Stroke], random: Generator) -> list[Points]:
    """Sample drawings of a digit's shape until one is no border case of one and seven; return its strokes."""
    while True:
        strokes = draw_shape(shape, random)
        if not is_hook(digit, strokes) or one_or_seven(strokes[0]) == digit:
            return strokes


def is_hook(digit: int, strokes: list[Points]) -> bool:
    """Tell whether a one with a flag, or a seven without a crossbar, was drawn with straight lines."""
    return len(strokes[0]) == 3 and (digit == 1 or (digit == 7 and len(strokes) == 1))


def draw_shape(shape: list[Stroke], random: Generator) -> list[Points]:
    """Sample one drawing of a shape, strokes of points (n, 2)."""
    width, slant = STRETCH ** random.uniform(-1, 1), random.uniform(*SLANT)
    strokes = []
    for one, other in shape:
        share = random.uniform(0, 1)
        sections = zip(one.split("/"), other.split("/"), strict=True)
        points = np.concatenate([draw_section(*pair, share, random) for pair in sections])
        points[:, 0] = width * points[:, 0] - slant * points[:, 1]
        strokes.append(points)
    return strokes


def draw_section(one: str, other: str, share: float, random: Generator) -> Points:
    """Interpolate a section, straight or curved, `share` of the way between its extremes, and jitter it."""
    knots = (1 - share) * parse_points(one) + share * parse_points(other)
    knots = knots + random.normal(0, SHAKE, knots.shape)
    return curve(knots) if one.startswith("~") else knots


def parse_points(text: str) -> Points:
    """Parse the points of a section, (n, 2)."""
    return np.array([[float(number) for number in point.split(",")] for point in text.removeprefix("~").split()])


def curve(knots: Points) -> Points:
    """Draw a smooth curve through all the knots (n, 2), from the first to the last, without curvature at its ends."""
    around = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    return np.concatenate([catmull_rom(around), knots[-1:]])
