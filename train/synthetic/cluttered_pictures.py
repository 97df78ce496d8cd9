"""Pictures with more than a digit in them (frames, boxes, ruled paper, axes, photographs), and pictures without one.

Ink is (H, W) in [0, 1], 1 where the pen wrote; a picture is uint8. All lengths are pixels of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from io import BytesIO

import numpy as np
import scipy
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from train.synthetic import scribbles
from train.synthetic.handwriting import render
from train.synthetic.non_digits import PRINTED

SIDE = 280  # pixels, side of most pictures
PHOTO = 360, 480  # pixels, height and width of a photograph
FAULTS = ("shadow", "tilt", "blur", "vignette", "thumb")
TILT = 10  # degrees, largest rotation to either side
SKIN = np.array([0.85, 0.62, 0.5])  # red, green and blue in [0, 1]
WORDS = ("Send", "Total", "Draw here", "Hello", "page", "Name", "Exit", "Menu")


def enlarge(digit: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Enlarge a digit (28, 28) uint8 to ink (side, side) in [0, 1]."""
    return np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)) / 255


def ink_box(ink: np.ndarray, level: float) -> tuple[slice, slice]:
    """Bounding box of the ink (H, W) above `level`, as rows and columns; that of all ink if nothing is above."""
    mask = ink > level if (ink > level).any() else ink > 0
    return scipy.ndimage.find_objects(mask.astype(int))[0]


def on_paper(ink: np.ndarray, random: Generator) -> np.ndarray:
    """Make a picture of ink (H, W), dark on light or light on dark in random tones, (H, W) uint8."""
    dark, light = random.uniform(0, 0.2), random.uniform(0.8, 1)
    share = ink if random.random() < 0.5 else 1 - ink
    return to_bytes(dark + (light - dark) * share)


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Return values in [0, 1] as uint8."""
    return np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)


def framed(
    digit: np.ndarray,
    random: Generator,
    *,
    width: int = 3,
    inset: int = 0,
    radius: int = 0,
    double: bool = False,
) -> np.ndarray:
    """Draw a frame around a digit, in the colour of the ink or a greyer one, (SIDE, SIDE) uint8.

    Args:
        digit: (28, 28) uint8, white on black.
        width: width of the frame's line.
        inset: distance of the frame from the picture's edge.
        radius: radius of rounded corners.
        double: whether there is a second frame inside the first.
    """
    return on_paper(np.maximum(enlarge(digit), frame(random, width, inset=inset, radius=radius, double=double)), random)


def frame(random: Generator, width: int = 3, *, inset: int = 0, radius: int = 0, double: bool = False) -> np.ndarray:
    """Draw a frame as ink (SIDE, SIDE); arguments as in `framed`."""
    sheet = Image.new("L", (SIDE, SIDE))
    shade = int(random.integers(120, 256))
    for inwards in (0, 3 * width) if double else (0,):
        low, high = inset + inwards, SIDE - 1 - inset - inwards
        ImageDraw.Draw(sheet).rounded_rectangle((low, low, high, high), radius, outline=shade, width=width)
    return np.asarray(sheet) / 255


def with_boxes(digit: np.ndarray, random: Generator) -> np.ndarray:
    """Put two grey boxes of 30 x 15 pixels below a digit, like the buttons in a screenshot, (SIDE + 40, SIDE) uint8."""
    return on_paper(np.concatenate([enlarge(digit), boxes(random)]), random)


def boxes(random: Generator) -> np.ndarray:
    """Draw two boxes on a strip, as ink (40, SIDE)."""
    strip = np.zeros((40, SIDE))
    for left in (random.integers(20, 90), random.integers(150, 230)):
        strip[12:27, left : left + 30] = random.uniform(0.3, 0.8)
    return strip


def ruled(digit: np.ndarray, random: Generator, squared: bool = False) -> np.ndarray:
    """Write a digit on ruled or squared paper, (SIDE, SIDE) uint8."""
    return on_paper(np.maximum(enlarge(digit), rules(random, squared)), random)


def rules(random: Generator, squared: bool = False) -> np.ndarray:
    """Draw the lines of ruled or squared paper, as ink (SIDE, SIDE)."""
    sheet, spacing = np.zeros((SIDE, SIDE)), int(random.integers(22, 60))
    shade, width, start = random.uniform(0.15, 0.5), int(random.integers(1, 3)), int(random.integers(0, spacing))
    for offset in range(width):
        sheet[start + offset :: spacing] = shade
        if squared:
            sheet[:, start + offset :: spacing] = shade
    return sheet


def on_axes(digit: np.ndarray, random: Generator) -> np.ndarray:
    """Show a digit as a plot does: with two or four axes, ticks and small numbers, (SIDE + 50, SIDE + 60) uint8."""
    sheet = axes(random, labels=True)
    place = sheet[10 : 10 + SIDE, 40 : 40 + SIDE]
    np.maximum(place, enlarge(digit), out=place)
    return on_paper(sheet, random)


def axes(random: Generator, labels: bool) -> np.ndarray:
    """Draw axes with ticks, and with numbers if `labels`, as ink (SIDE + 50, SIDE + 60)."""
    sheet = Image.new("L", (SIDE + 60, SIDE + 50))
    draw, width, (left, bottom) = ImageDraw.Draw(sheet), int(random.integers(1, 3)), (40, SIDE + 10)
    if random.random() < 0.5:
        draw.rectangle((left, 10, left + SIDE, bottom), outline=255, width=width)
    draw.line((left, 10, left, bottom, left + SIDE, bottom), fill=255, width=width)
    font = ImageFont.load_default(12)
    for tick in range(0, 28, 5):
        at = tick * SIDE // 28 + 5
        draw.line((left + at, bottom, left + at, bottom + 5), fill=255, width=width)
        draw.line((left - 5, 10 + at, left, 10 + at), fill=255, width=width)
        if labels:
            draw.text((left + at, bottom + 8), str(tick), fill=255, font=font, anchor="mt")
            draw.text((left - 8, 10 + at), str(tick), fill=255, font=font, anchor="rm")
    return np.asarray(sheet) / 255


def photographed(digit: np.ndarray, random: Generator, faults: Collection[str] = FAULTS) -> np.ndarray:
    """Photograph a digit on paper, with some of `FAULTS`, (360, 480, 3) uint8."""
    height, width = PHOTO
    size = round(height * random.uniform(0.55, 0.9))
    sheet = np.zeros(PHOTO)
    top, left = int(random.integers(0, height - size + 1)), int(random.integers(0, width - size + 1))
    sheet[top : top + size, left : left + size] = enlarge(digit, size)
    return photograph(sheet, random, faults)


def photograph(ink: np.ndarray, random: Generator, faults: Collection[str] = FAULTS) -> np.ndarray:
    """Photograph ink (H, W) on paper, with some of `FAULTS`, noise and JPEG compression, (H, W, 3) uint8."""
    if "tilt" in faults:
        ink = scipy.ndimage.rotate(ink, random.uniform(-TILT, TILT), reshape=False, order=1)
    paper, pen = random.uniform(0.75, 0.95) * random.uniform(0.92, 1, 3), random.uniform(0.05, 0.3, 3)
    photo = (paper + (pen - paper) * np.clip(ink, 0, 1)[..., None]) * light(ink.shape, random, faults)[..., None]
    if "thumb" in faults:
        photo = with_thumb(photo, random)
    if "blur" in faults:
        sigma = random.uniform(1, 3)
        photo = scipy.ndimage.gaussian_filter(photo, (sigma, sigma, 0))
    photo = photo + random.uniform(0.003, 0.012) * random.normal(size=photo.shape)
    file = BytesIO()
    Image.fromarray(to_bytes(photo)).save(file, "JPEG", quality=85)
    return np.asarray(Image.open(file))


def light(shape: tuple[int, ...], random: Generator, faults: Collection[str]) -> np.ndarray:
    """Make the light of a photograph, with a shadow or darker corners if `faults` has them, (H, W) in [0, 1]."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    result = np.ones(shape)
    if "vignette" in faults:
        result *= 1 - random.uniform(0.2, 0.5) * (x**2 + y**2) / 2
    if "shadow" in faults:
        angle, soft = random.uniform(0, 2 * math.pi), random.uniform(0.02, 0.3)
        beyond = x * math.cos(angle) + y * math.sin(angle) - random.uniform(-0.6, 0.6)
        result *= 1 - random.uniform(0.2, 0.55) / (1 + np.exp(np.clip(-beyond / soft * 4, -50, 50)))
    return result


def with_thumb(photo: np.ndarray, random: Generator) -> np.ndarray:
    """Put a thumb into a photograph (H, W, 3) in [0, 1] at one of its sides, over at most an eighth of it."""
    height, width = photo.shape[:2]
    y, x = np.mgrid[:height, :width]
    reach, half, along = height * random.uniform(0.06, 0.12), height * random.uniform(0.06, 0.12), random.uniform(0, 1)
    edges = ((along * width, 0), (along * width, height), (0, along * height), (width, along * height))
    turn = int(random.integers(4))
    (cx, cy), (rx, ry) = edges[turn], (half, reach) if turn < 2 else (reach, half)
    inside = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1
    return np.where(inside[..., None], SKIN * random.uniform(0.6, 1), photo)


def scribble(random: Generator) -> np.ndarray:
    """Draw a random walk, a zigzag or hatching with a pen of 10 pixels, as ink (SIDE, SIDE)."""
    kind = (scribbles.walk, scribbles.zigzag, scribbles.hatching)[random.integers(3)]
    points = [np.asarray(stroke, float)[:, :2] for stroke in kind(random)]
    low, high = np.concatenate(points).min(axis=0), np.concatenate(points).max(axis=0)
    lines = [(stroke - low) * (200 / max((high - low).max(), 1)) + 40 for stroke in points]
    return render([[(float(x), float(y)) for x, y in line] for line in lines], 10) / 255


def printed(random: Generator, text: str, size: float) -> np.ndarray:
    """Print a text in Pillow's default font, `size` pixels high, as ink (SIDE, SIDE)."""
    sheet = Image.new("L", (SIDE, SIDE))
    place = random.uniform(0.4, 0.6, 2) * SIDE
    ImageDraw.Draw(sheet).text(tuple(place), text, fill=255, font=ImageFont.load_default(size), anchor="mm")
    return np.asarray(sheet) / 255


# Kinds of pictures without a digit, each with the function that makes one.
WITHOUT_DIGIT: dict[str, Callable[[Generator], np.ndarray]] = {
    "blank": lambda random: on_paper(np.zeros((SIDE, SIDE)), random),
    "noise": lambda random: on_paper(np.clip(random.normal(0.3, 0.15, (SIDE, SIDE)), 0, 1), random),
    "frame only": lambda random: on_paper(frame(random, int(random.integers(2, 15))), random),
    "boxes only": lambda random: on_paper(np.pad(boxes(random), ((200, 0), (0, 0))), random),
    "ruled or squared paper only": lambda random: on_paper(rules(random, bool(random.random() < 0.5)), random),
    "axes only": lambda random: on_paper(axes(random, labels=False), random),
    "photograph of paper": lambda random: photograph(np.zeros(PHOTO), random),
    "scribble": lambda random: on_paper(scribble(random), random),
    "printed word": lambda random: on_paper(printed(random, str(random.choice(WORDS)), 50), random),
    "printed letter": lambda random: on_paper(printed(random, str(random.choice(list(PRINTED))), 180), random),
}
