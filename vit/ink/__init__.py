"""A drawing or a picture becomes the 28x28 image that the makers of MNIST would have made."""

from vit.ink.strokes import BOX, CENTRE, MIN_WIDTH, PEN_SOFTNESS, PEN_WIDTH, from_image, from_strokes, stroke_width

__all__ = ["BOX", "CENTRE", "MIN_WIDTH", "PEN_SOFTNESS", "PEN_WIDTH", "from_image", "from_strokes", "stroke_width"]
