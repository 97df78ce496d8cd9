"""Ink: turn a drawing or a picture into a 28x28 digit, as the makers of MNIST did."""

from vit.ink.digits import Digit, find_digits
from vit.ink.strokes import BOX, CENTRE, MIN_WIDTH, PEN_SOFTNESS, PEN_WIDTH, from_image, from_strokes, stroke_width

__all__ = [
    "BOX",
    "CENTRE",
    "MIN_WIDTH",
    "PEN_SOFTNESS",
    "PEN_WIDTH",
    "Digit",
    "find_digits",
    "from_image",
    "from_strokes",
    "stroke_width",
]
