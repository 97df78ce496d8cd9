"""Ink: turn a drawing or a picture into a 28x28 digit, as the makers of MNIST did."""

from vit.ink.digits import Digit, find_digits
from vit.ink.link import from_link, strokes_from_link
from vit.ink.pen_path import PenPath
from vit.ink.shipped import samples
from vit.ink.strokes import BOX, CENTRE, MIN_WIDTH, PEN_SOFTNESS, PEN_WIDTH, from_image, from_strokes, stroke_width

__all__ = [
    "BOX",
    "CENTRE",
    "MIN_WIDTH",
    "PEN_SOFTNESS",
    "PEN_WIDTH",
    "Digit",
    "PenPath",
    "find_digits",
    "from_image",
    "from_link",
    "from_strokes",
    "samples",
    "stroke_width",
    "strokes_from_link",
]
