"""An image in a message or a file: its pixels as bytes in base64, with shape and type."""

import base64

import numpy as np

SIDE = 28  # pixels of an image's side


def from_picture(picture: object) -> np.ndarray:
    """Return the (28, 28) image in [0, 1] of an untrusted picture `{"shape": [28, 28], "type": "u8", "data": base64}`.

    Raises:
        ValueError: it is none, or it has no ink.
    """
    packed = picture if isinstance(picture, dict) else {}
    data = packed.get("data")
    if packed.get("shape") != [SIDE, SIDE] or packed.get("type") != "u8" or not isinstance(data, str):
        raise ValueError(f"expected a picture of {SIDE}x{SIDE} packed pixels, got {str(picture)[:40]!r}")
    try:
        pixels = base64.b64decode(data, validate=True)
    except ValueError:
        pixels = b""
    if len(pixels) != SIDE * SIDE:
        raise ValueError(f"expected {SIDE * SIDE} pixels in base64, got {len(data)} characters that are not")
    if not any(pixels):
        raise ValueError("This picture has no ink.")
    return np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE).astype(np.float32) / 255
