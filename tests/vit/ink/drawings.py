"""For tests of the ink pipeline: drawings, Pillow's pictures of them, and how far two images differ."""

import json

import numpy as np
from PIL import Image, ImageDraw

from vit.checkpoint import ASSETS

EXAMPLES = json.loads((ASSETS / "examples.json").read_text())
SEVEN = EXAMPLES[0]["strokes"]
rng = np.random.default_rng


def drawn(strokes, side=280, pen=24.0, oversample=4):
    """Draw strokes from a 280x280 canvas with a round pen, by Pillow: (side, side) uint8, white on black.

    The pen's width is in pixels of the picture that comes out.
    """
    canvas = Image.new("L", (side * oversample, side * oversample))
    brush, scale, width = ImageDraw.Draw(canvas), side * oversample / 280, pen * oversample
    for stroke in strokes:
        points = [(x * scale, y * scale) for x, y, *_ in stroke]
        brush.line(points, fill=255, width=max(1, round(width)))
        for x, y in points:
            brush.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.asarray(canvas.resize((side, side), Image.Resampling.BOX))


def enlarged(image, factor=10, how=Image.Resampling.BICUBIC):
    return np.asarray(Image.fromarray(image).resize((28 * factor, 28 * factor), how))


def difference(one, other):
    """Return the mean difference of two images, the smallest over shifts by one pixel.

    Rounding may centre two equal drawings one pixel apart.
    """
    return min(np.abs(np.roll(one, (dy, dx), axis=(0, 1)) - other).mean() for dy in (-1, 0, 1) for dx in (-1, 0, 1))
