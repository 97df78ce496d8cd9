"""Out-of-distribution images: 28x28 pictures that are not digits, to fit and to test an OOD detector; seeded.

`fit_non_digits` makes the images for the fit, from digits and a few curves. The test uses other kinds:
`eval_non_digits` (scribbles, letters, shapes, noise) and `fashion_mnist`. `vit.ink` renders drawings, as on the page.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator, default_rng
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from train.data.dataset import Digits, Progress, load
from train.synthetic import scribbles
from vit.ink import from_image, from_strokes

SCRIBBLES: dict[str, Callable[[Generator], list[np.ndarray]]] = {
    "random walks": scribbles.walk,
    "splines": scribbles.spline,
    "zigzags": scribbles.zigzag,
    "spirals": scribbles.spiral,
    "crossing lines": scribbles.lines,
    "stars": scribbles.star,
    "hatching": scribbles.hatching,
}
PRINTED = "AEFHKMNPRTVWXYaefhkmnrtwx#@?%"  # characters that look like no digit
SIDEWAYS = (2, 3, 4, 5, 6, 7, 9)  # no longer digits after a quarter turn
MIRRORED = (3, 4, 6, 7, 9)  # no longer digits when mirrored
MAX_UNMOVED = 0.3  # largest share of a shuffled digit's pieces that stay in place


def eval_non_digits(count: int, seed: int) -> dict[str, Tensor]:
    """Make `count` OOD images (count, 28, 28) uint8 of each kind for the test."""
    sets = {name: make_drawings(kind, count, generator(name, seed)) for name, kind in SCRIBBLES.items()}
    sets["letters by hand"] = make_drawings(scribbles.letter, count, generator("letters", seed))
    sets["letters in print"] = make_many(printed_character, count, generator("printed", seed))
    sets["shapes"] = make_drawings(scribbles.shape, count, generator("shapes", seed))
    sets["noise"] = make_many(noise, count, generator("noise", seed))
    return sets


def fit_non_digits(digits: Digits, count: int, seed: int) -> dict[str, Tensor]:
    """Make `count` OOD images (count, 28, 28) uint8 of each kind for the fit, most of them from `digits`.

    Raises:
        ValueError: `digits` lacks one of the ten classes.
    """
    if missing := set(range(10)) - set(digits.labels.tolist()):
        raise ValueError(f"digits must hold all ten, got no {', '.join(map(str, sorted(missing)))}")
    images, labels = digits.images.numpy(), digits.labels.numpy()
    sideways, mirrored = (images[np.isin(labels, classes)] for classes in (SIDEWAYS, MIRRORED))
    kinds: dict[str, Callable[[Generator], np.ndarray]] = {
        "arcs": lambda random: from_strokes(scribbles.arcs(random)),
        "loops": lambda random: from_strokes(scribbles.loops(random)),
        "blobs": blobs,
        "sixteenths": lambda random: shuffled(pick(images, random), 4, random),
        "quarters": lambda random: shuffled(pick(images, random), 2, random),
        "overlaid": lambda random: overlaid(images, labels, random),
        "sideways": lambda random: from_image(np.rot90(pick(sideways, random), random.choice([1, 3]))),
        "mirrored": lambda random: from_image(pick(mirrored, random)[:, ::-1]),
    }
    return {name: make_many(kind, count, generator(name, seed)) for name, kind in kinds.items()}


def generator(name: str, seed: int) -> Generator:
    """Return a generator for one kind, independent of those of the other kinds."""
    return default_rng([seed, zlib.crc32(name.encode())])


def make_many(kind: Callable[[Generator], np.ndarray], count: int, random: Generator) -> Tensor:
    """Make `count` images (count, 28, 28) uint8 with a function that returns one in [0, 1]."""
    images = np.array([np.rint(kind(random) * 255) for _ in range(count)]).reshape(-1, 28, 28)
    return torch.from_numpy(images.astype(np.uint8))


def make_drawings(kind: Callable[[Generator], list[np.ndarray]], count: int, random: Generator) -> Tensor:
    """Make `count` images (count, 28, 28) uint8 with a function that returns strokes."""
    return make_many(lambda random: from_strokes(kind(random)), count, random)


def printed_character(random: Generator, signs: str = PRINTED) -> np.ndarray:
    """Render one of `signs` in Pillow's default font with random slant, rotation and weight, (28, 28) in [0, 1]."""
    sheet = Image.new("L", (240, 240))
    font = ImageFont.load_default(random.uniform(100, 130))
    sign, bold = signs[random.integers(len(signs))], int(random.integers(0, 7))
    ImageDraw.Draw(sheet).text((120, 120), sign, fill=255, font=font, anchor="mm", stroke_width=bold)
    slant, tilt = random.uniform(-0.1, 0.3), random.uniform(-10, 10)
    sheet = sheet.transform(sheet.size, Image.Transform.AFFINE, (1, slant, -120 * slant, 0, 1, 0))
    return from_image(np.asarray(sheet.rotate(tilt, Image.Resampling.BILINEAR)))


def noise(random: Generator) -> np.ndarray:
    """Sample independent pixels (28, 28) in [0, 1], mostly dark or mostly bright."""
    return random.random((28, 28)) ** random.uniform(0.3, 4)


def blobs(random: Generator) -> np.ndarray:
    """Sample a smooth random field (28, 28) in [0, 1]: soft clouds or, at high contrast, spots with an edge."""
    cells = int(random.integers(3, 8))
    coarse = torch.from_numpy(random.normal(size=(1, 1, cells, cells)))
    cloud = F.interpolate(coarse, size=(28, 28), mode="bicubic", align_corners=False)[0, 0].numpy()
    cloud = (cloud - cloud.min()) / np.ptp(cloud)
    contrast, level = random.uniform(1, 15), random.uniform(0, 0.7)
    return np.clip((cloud - level) * contrast, 0, 1)


def shuffled(digit: np.ndarray, pieces: int, random: Generator) -> np.ndarray:
    """Cut a digit (28, 28) into `pieces` x `pieces` tiles and shuffle them, (28, 28) in [0, 1]."""
    side, unmoved = 28 // pieces, np.arange(pieces**2)
    order = unmoved
    while (order == unmoved).mean() > MAX_UNMOVED:
        order = random.permutation(unmoved)
    cut = digit.reshape(pieces, side, pieces, side).swapaxes(1, 2).reshape(pieces**2, side, side)
    return from_image(cut[order].reshape(pieces, pieces, side, side).swapaxes(1, 2).reshape(28, 28))


def overlaid(images: np.ndarray, labels: np.ndarray, random: Generator) -> np.ndarray:
    """Overlay two of the digits (n, 28, 28), of different classes and a little apart, (28, 28) in [0, 1].

    Neither is a 1, because the other digit might stay readable.
    """
    one, other = (int(at) for at in random.choice(np.flatnonzero(labels != 1), 2))
    if labels[one] == labels[other]:
        return overlaid(images, labels, random)
    return from_image(np.maximum(images[one], np.roll(images[other], random.integers(-4, 5, 2), (0, 1))))


def pick(images: np.ndarray, random: Generator) -> np.ndarray:
    """Choose one of the images (n, 28, 28) at random, (28, 28)."""
    return images[random.integers(len(images))]


def fashion_mnist(folder: str | Path, count: int, progress: Progress | None = None) -> Tensor:
    """Load the first `count` test images of Fashion-MNIST, (count, 28, 28) uint8; download them if necessary.

    Raises:
        DataError: no source provides them.
    """
    return load("test", folder, progress, "fashion-mnist").images[:count]
