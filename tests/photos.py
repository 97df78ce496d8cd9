"""Simulate photos and scans of digits: uneven light, shadows, ruled paper, a coarse grid, ink up to the border.

A wide, seeded range of what cameras and scanners do to ink, to test that `vit.ink.from_image` still finds the digit.
"""

import io
import math

import numpy as np
from PIL import Image

from train.synthetic.handwriting import CANVAS, Strokes, draw_lines

OVERSAMPLE = 2  # drawn pixels per photo pixel, along both axes
PENS = ((0.08, 0.08, 0.1), (0.13, 0.18, 0.55), (0.6, 0.1, 0.12), (0.1, 0.4, 0.2), (0.4, 0.4, 0.42))  # last: pencil
BOARDS = ((0.1, 0.25, 0.18), (0.12, 0.12, 0.13))
TABLES = ((0.45, 0.3, 0.18), (0.16, 0.12, 0.1), (0.75, 0.6, 0.42), (0.3, 0.32, 0.35))

CHALK = 0.1  # share of the photos that show chalk on a board
RULED = 0.25  # ... that show ruled or squared paper
TABLE = 0.2  # ... that show a strip of the table along one side
SHADOW = 0.5  # ... with a shadow
GRADIENT = 1.1  # largest loss of light across the picture, as a logarithm: down to a third
VIGNETTE = 0.5  # largest loss of light towards the corners
BINARY = 0.3  # share of the scans in black and white


def photo(strokes: Strokes, pen: float, rng: np.random.Generator, height: int = 360) -> np.ndarray:
    """Photograph a drawing on paper, or in chalk on a board.

    Args:
        strokes: strokes of (x, y) points on the canvas.
        pen: width in canvas pixels.
        rng: source of all random choices; the same state gives the same photo.
        height: pixels; the photo is 4/3 times as wide.

    Returns:
        (height, width, 3) uint8.
    """
    shape = height, height * 4 // 3
    ink = _coverage(strokes, pen, shape, rng)
    paper, colour = _colours(rng)
    picture = paper * (1 - ink * (1 - colour / paper))  # at the edges of ink the paper shows through
    picture = _table(picture, rng) * (light(shape, rng) * _grain(shape, rng))[..., None]
    return _as_jpeg(picture, rng)


def scan(image: np.ndarray, rng: np.random.Generator, side: int = 16, margin: float = 0.0) -> np.ndarray:
    """Scan an MNIST digit on a coarse grid, dark on light or light on dark, in grey or in black and white.

    Without a margin the ink touches all four sides, as in the scans of post codes that MNIST's makers began with; a
    narrow digit keeps paper beside it, otherwise it would look like a blank page.

    Args:
        image: (28, 28) uint8, white ink on black.
        rng: source of all random choices; the same state gives the same scan.
        side: pixels of the longest side.
        margin: paper on each side, as a share of the digit's size.

    Returns:
        (H, W) uint8; one in five that are black and white has the values 0 and 1.
    """
    digit = _cut_out(image)
    ink = _resized(digit, round(side / (1 + 2 * margin)), square=rng.random() < 0.5)
    margin_pixels = side - max(ink.shape)
    narrow = margin_pixels + max(0, math.ceil(max(ink.shape) / 2 - ink.shape[1]))
    ink = np.pad(ink, [(space // 2, space - space // 2) for space in (margin_pixels, narrow)])
    flip = bool(rng.integers(2))
    if rng.random() < BINARY:
        return ((ink > 0.5) != flip).astype(np.uint8) * (1 if rng.random() < 0.2 else 255)
    black, white = rng.uniform(0, 0.25), rng.uniform(0.65, 1)
    grey = black + (white - black) * (1 - ink if flip else ink) + 0.015 * rng.normal(size=ink.shape)
    return np.round(255 * np.clip(grey, 0, 1)).astype(np.uint8)


def light(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw light (H, W) that falls off to one side and towards the corners, sometimes with a shadow."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    angle = rng.uniform(0, 2 * math.pi)
    across = x * math.cos(angle) + y * math.sin(angle)
    falls = np.exp(rng.uniform(0, GRADIENT) * (across / np.abs(across).max() - 1) / 2)
    falls *= 1 - rng.uniform(0, VIGNETTE) * (x**2 + y**2) / 2
    if rng.random() < SHADOW:
        angle, penumbra = rng.uniform(0, 2 * math.pi), rng.uniform(0.02, 0.3)
        beyond = x * math.cos(angle) + y * math.sin(angle) - rng.uniform(-0.8, 0.8) + 0.1 * np.sin(3 * across)
        falls *= 1 - rng.uniform(0.2, 0.65) / (1 + np.exp(np.clip(-4 * beyond / penumbra, -50, 50)))
    return falls


def _coverage(strokes: Strokes, pen: float, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw the canvas somewhere in a photo, at a slight angle: ink (H, W, 1) in [0, 1]."""
    height, width = (OVERSAMPLE * side for side in shape)
    scale = height / CANVAS * rng.uniform(0.5, 1)
    turn, lean = rng.uniform(-0.1, 0.1), rng.uniform(-0.15, 0.15, 2)
    rotation = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    room = np.array([width, height]) - CANVAS * scale
    middle = CANVAS * scale / 2 + rng.uniform(0, 1, 2) * room
    sheet = Image.new("L", (width, height))
    centred = [np.array(stroke) - CANVAS / 2 for stroke in strokes]
    lines = [points / (1 + points @ lean[:, None] / CANVAS) @ rotation.T + middle for points in centred]
    draw_lines(sheet, [[(x, y) for x, y in line] for line in lines], pen * scale / 2)
    return np.asarray(sheet.reduce(OVERSAMPLE))[..., None] / 255


def _colours(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Choose the colours of paper and pen, or of board and chalk: two times (3,)."""
    if rng.random() < CHALK:
        return np.array(BOARDS[rng.integers(len(BOARDS))]), rng.uniform(0.7, 0.95) * np.ones(3)
    paper = rng.uniform(0.7, 0.98) * rng.uniform(0.9, 1, 3)
    return paper, np.array(PENS[rng.integers(len(PENS))]) * rng.uniform(0.8, 1.2)


def _table(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw rules on the paper (H, W, 3), and the table along one side of it, each in a share of the photos."""
    height, width, _ = picture.shape
    y, x = np.mgrid[:height, :width].astype(float)
    turn = rng.uniform(-0.05, 0.05)
    x, y = x + turn * y, y - turn * x
    if rng.random() < RULED:
        spacing, strength, squared = rng.uniform(0.05, 0.1) * height, rng.uniform(0.1, 0.3), rng.random() < 0.5
        lines = y % spacing < max(1.0, height / 300)
        lines = lines | (squared & (x % spacing < max(1.0, height / 300)))
        picture = picture * (1 - strength * lines[..., None] * (1, 0.8, 0.4))
    if rng.random() < TABLE:
        edge = (x - width, -x, y - height, -y)[rng.integers(4)] > -rng.uniform(0.02, 0.08) * height
        picture = np.where(edge[..., None], np.array(TABLES[rng.integers(len(TABLES))]), picture)
    return picture


def _grain(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw the coarse and fine unevenness of the paper: (H, W), about 1."""
    coarse = Image.fromarray(rng.normal(size=(shape[0] // 4, shape[1] // 4)).astype(np.float32))
    coarse = np.asarray(coarse.resize((shape[1], shape[0]), Image.Resampling.BICUBIC))
    return 1 + rng.uniform(0, 0.02) * coarse + rng.uniform(0, 0.02) * rng.normal(size=shape)


def _as_jpeg(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur a little, add sensor noise and compress as a JPEG: (H, W, 3) uint8."""
    small = Image.fromarray((255 * np.clip(picture, 0, 1)).astype(np.uint8))
    width, height = (round(side / rng.uniform(1, 1.8)) for side in small.size)
    soft = small.resize((width, height), Image.Resampling.BOX).resize(small.size, Image.Resampling.BILINEAR)
    noisy = np.asarray(soft) + 255 * rng.uniform(0, 0.025) * rng.normal(size=picture.shape)
    file = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=int(rng.integers(35, 96)))
    return np.asarray(Image.open(file))


def _cut_out(image: np.ndarray) -> np.ndarray:
    """Cut a digit down to the pixels that are at least half ink, enlarged eight times: (h, w) in [0, 1]."""
    large = np.asarray(Image.fromarray(image).resize((224, 224), Image.Resampling.BICUBIC)) / max(1, image.max())
    rows, columns = np.nonzero(large > 0.5)
    return large[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _resized(digit: np.ndarray, longest: int, square: bool) -> np.ndarray:
    """Average a digit (h, w) onto a coarse grid; with `square` it is stretched to fill it, unless it is narrow."""
    height, width = digit.shape
    pixel = max(height, width) / longest
    columns, rows = max(2, round(width / pixel)), max(2, round(height / pixel))
    if square and 2 * min(rows, columns) > longest:
        columns = rows = longest
    picture = Image.fromarray(digit.astype(np.float32))
    return np.clip(np.asarray(picture.resize((columns, rows), Image.Resampling.BOX)), 0, 1)
