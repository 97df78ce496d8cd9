"""Kinds of pictures that people make of a digit: cut out, thick, stretched, framed, coloured, with other things in it.

A kind is a function of an MNIST digit (28, 28) uint8, white on black, and a random generator. It returns a picture,
(H, W) or (H, W, C) uint8. Most pictures have SIDE x SIDE pixels, dark on light or light on dark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO

import numpy as np
import scipy
from numpy.random import Generator
from PIL import Image

from train.synthetic import cluttered_pictures as clutter
from train.synthetic.cluttered_pictures import SIDE, enlarge, ink_box, on_paper, to_bytes
from train.synthetic.handwriting import render
from train.synthetic.vectorize import vectorize

Kind = Callable[[np.ndarray, Generator], np.ndarray]

SCALE = SIDE // 28  # pixels of a picture for each pixel of MNIST
THICKER = 1.0  # pixels of MNIST, by which both edges of a stroke move outwards
THIN = 5  # pixels, the thin pen
SQUARE = 64  # pixels, side of a digit that is stretched to a square
APART = (0.08, 0.4)  # of a digit's size, gap between two digits
OVERLAP = (0.02, 0.05)  # of a digit's size, by which touching digits overlap


def clean(digit: np.ndarray, random: Generator) -> np.ndarray:
    """Enlarge a digit, and change nothing else."""
    return on_paper(enlarge(digit), random)


def cut(digit: np.ndarray, random: Generator, level: float = 0.5, thicker: float = 0.0) -> np.ndarray:
    """Crop a digit to the bounding box of its ink above `level`; `thicker`, in pixels of MNIST, widens it before."""
    ink = thicken(enlarge(digit), thicker * SCALE) if thicker else enlarge(digit)
    return on_paper(ink[ink_box(ink, level)], random)


def thick(digit: np.ndarray, random: Generator) -> np.ndarray:
    """Make the strokes of a digit two pixels of MNIST wider."""
    return on_paper(thicken(enlarge(digit), THICKER * SCALE), random)


def thin(digit: np.ndarray, random: Generator) -> np.ndarray:
    """Write a digit with a pen of 5 pixels, a fifth as wide as MNIST's own."""
    return on_paper(render(vectorize(digit), THIN) / 255, random)


def binary(digit: np.ndarray, random: Generator) -> np.ndarray:
    """Show a digit in two tones without any between."""
    return on_paper((enlarge(digit) > 0.5).astype(float), random)


def stretched(digit: np.ndarray, random: Generator, width: int, height: int) -> np.ndarray:
    """Stretch the picture of a digit to `width` x `height` pixels."""
    return on_paper(resize(enlarge(digit), width, height), random)


def square(digit: np.ndarray, random: Generator, margin: float = 0.0, bitmap: bool = False) -> np.ndarray:
    """Crop a digit at half brightness, leave a margin (share of its box), and stretch it to a square of SQUARE pixels.

    A bitmap has two tones only.
    """
    ink = enlarge(digit)
    box = ink[ink_box(ink, 0.5)]
    around = [(round(margin * length), round(margin * length)) for length in box.shape]
    ink = resize(np.pad(box, around), SQUARE, SQUARE)
    return on_paper((ink > 0.5).astype(float) if bitmap else ink, random)


def low_contrast(digit: np.ndarray, random: Generator) -> np.ndarray:
    """Show a digit that differs from its paper by 6 to 15 % of the range from black to white, with a little noise."""
    paper, away = random.uniform(0.3, 0.7), random.uniform(0.06, 0.15) * random.choice([-1, 1])
    values = paper + away * enlarge(digit) + 0.003 * random.normal(size=(SIDE, SIDE))
    return to_bytes(values)


def jpeg(digit: np.ndarray, random: Generator, quality: int = 30) -> np.ndarray:
    """Compress a digit as a JPEG of poor quality."""
    file = BytesIO()
    Image.fromarray(clean(digit, random)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def sized(digit: np.ndarray, random: Generator, side: int) -> np.ndarray:
    """Make a picture of `side` x `side` pixels."""
    return on_paper(resize(enlarge(digit), side, side), random)


def transparent(digit: np.ndarray, random: Generator) -> np.ndarray:
    """Write a digit in one colour on a transparent sheet: only ink is opaque, (SIDE, SIDE, 4) uint8."""
    ink = enlarge(digit)[..., None]
    colour = np.broadcast_to(random.choice([0.0, 0.2, 1.0]) * np.ones(3), (SIDE, SIDE, 3))
    return to_bytes(np.concatenate([colour, ink], axis=2))


def inverted(digit: np.ndarray, _random: Generator) -> np.ndarray:
    """Show a digit light on dark."""
    return to_bytes(enlarge(digit))


def coloured(digit: np.ndarray, random: Generator) -> np.ndarray:
    """Write a digit in a random colour on another that differs by at least 0.35, (SIDE, SIDE, 3) uint8."""
    paper, pen = random.random((2, 3))
    while np.sqrt(((paper - pen) ** 2).mean()) < 0.35:
        paper, pen = random.random((2, 3))
    return to_bytes(paper + (pen - paper) * enlarge(digit)[..., None])


def side_by_side(digits: Sequence[np.ndarray], random: Generator, touching: bool = False) -> np.ndarray:
    """Write digits from left to right, each of about 120 to 200 pixels, apart or touching each other."""
    tiles, size = [], 0
    for digit in digits:
        size = int(random.integers(120, 200)) if not tiles else round(size * random.uniform(0.85, 1.15))
        ink = enlarge(digit, size)
        tiles.append(ink[ink_box(ink, 0.1)])
    gaps = [round(random.uniform(*(OVERLAP if touching else APART)) * size) * (-1 if touching else 1) for _ in tiles]
    width = sum(tile.shape[1] + gap for tile, gap in zip(tiles, gaps, strict=True)) - gaps[-1]
    sheet = np.zeros((max(len(tile) for tile in tiles) + 60, width + 60))
    at = 30
    for tile, gap in zip(tiles, gaps, strict=True):
        top = 30 + int(random.integers(0, len(sheet) - 59 - len(tile)))
        place = sheet[top : top + len(tile), at : at + tile.shape[1]]
        np.maximum(place, tile, out=place)
        at += tile.shape[1] + gap
    return on_paper(sheet, random)


def thicken(ink: np.ndarray, pixels: float) -> np.ndarray:
    """Move the edges of ink (H, W) in [0, 1] outwards by `pixels`."""
    inside = ink > 0.5
    distance = scipy.ndimage.distance_transform_edt(~inside) - scipy.ndimage.distance_transform_edt(inside)
    return np.clip(0.5 + (pixels - distance) / (0.8 * SCALE), 0, 1)


def resize(ink: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize ink (H, W) in [0, 1], antialiased, (height, width) in [0, 1]."""
    picture = Image.fromarray(ink.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(picture), 0, 1)


ONE_DIGIT: dict[str, Kind] = {
    "clean": clean,
    "cut at 20 % of the ink": partial(cut, level=0.2),
    "cut at 50 %": cut,
    "cut at 80 %": partial(cut, level=0.8),
    "cut at 50 %, two pixels thicker": partial(cut, thicker=THICKER),
    "thick: two pixels more": thick,
    "thin: a fifth of MNIST's pen": thin,
    "binary": binary,
    "stretched, twice as wide": partial(stretched, width=2 * SIDE, height=SIDE),
    "stretched, twice as high": partial(stretched, width=SIDE, height=2 * SIDE),
    "stretched to a square, with a margin": partial(square, margin=0.2),
    "stretched to a square, cut, no ones": square,
    "stretched to a square, cut, binary, no ones": partial(square, bitmap=True),
    "frame, thin": partial(clutter.framed, width=3),
    "frame, thick": partial(clutter.framed, width=14),
    "frame, rounded": partial(clutter.framed, width=4, inset=8, radius=36),
    "frame, double": partial(clutter.framed, width=3, double=True),
    "two boxes below": clutter.with_boxes,
    "ruled paper": clutter.ruled,
    "squared paper": partial(clutter.ruled, squared=True),
    "axes with labels": clutter.on_axes,
    "low contrast": low_contrast,
    "JPEG, quality 30": jpeg,
    **{f"{side} pixels": partial(sized, side=side) for side in (16, 28, 64, 500, 2000)},
    "transparent": transparent,
    "inverted": inverted,
    "coloured": coloured,
    "photographed: shadow": partial(clutter.photographed, faults=("shadow",)),
    "photographed: tilted by 10 degrees": partial(clutter.photographed, faults=("tilt",)),
    "photographed: blurred": partial(clutter.photographed, faults=("blur",)),
    "photographed: vignette": partial(clutter.photographed, faults=("vignette",)),
    "photographed: thumb": partial(clutter.photographed, faults=("thumb",)),
    "photographed: all of these": clutter.photographed,
}
SEVERAL: dict[str, tuple[int, bool]] = {  # number of digits, and whether they touch
    "two digits": (2, False),
    "three digits": (3, False),
    "two digits that touch": (2, True),
}
NO_ONES = tuple(kind for kind in ONE_DIGIT if kind.endswith("no ones"))  # a one becomes a block, which fills the square
BLOCKS: dict[str, Kind] = {  # kinds for ones only: pictures of such a block
    "a one stretched to a square, cut": square,
    "a one stretched to a square, cut, binary": partial(square, bitmap=True),
}
