"""Readings on request: which model, which image, and the answer or one clear sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any, BinaryIO, ParamSpec

import numpy as np
from PIL import Image, ImageOps

from demo import models
from demo.models import LoadedModel
from train.data.dataset import DataError
from vit import ink
from vit.checkpoint import ASSETS

MAX_POINTS = 20_000
SMALLEST = 6  # units of the pad's sheet, 280 a side: a drawing that spans less is a dot
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 25_000_000  # a phone's photograph has 12 or so, and each takes 3 bytes or more once it is decoded
EXPIRED = "Your trained model is no longer kept; a shipped one reads now."

Payload = dict[str, Any]
P = ParamSpec("P")


class UnknownModelError(LookupError):
    """The token names no shipped model and no training that is still kept."""


def answered(answer: Callable[P, Payload]) -> Callable[P, Payload]:
    """Let a request that cannot be answered get `error`, one sentence that says why."""

    @wraps(answer)
    def call(*args: P.args, **kwargs: P.kwargs) -> Payload:
        try:
            return answer(*args, **kwargs)
        except UnknownModelError:
            return {"error": EXPIRED}
        except (ValueError, DataError) as error:
            return {"error": str(error)}

    return call


@cache
def samples() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the MNIST test digits that ship: images (n, 28, 28) uint8, labels (n,) and places in the test set (n,)."""
    with np.load(ASSETS / "samples.npz", allow_pickle=False) as file:
        return file["images"], file["labels"], file["indices"]


class Reader:
    """Answer the page's requests. `trained` gives the model of a visitor's own training by its id, or None."""

    def __init__(self, trained: Callable[[str], LoadedModel | None]) -> None:
        self.trained = trained

    def asked(self, payload: Payload) -> tuple[np.ndarray, LoadedModel]:
        """Return the image (28, 28) and the model that a payload is about; errors as in `image` and in `loaded`."""
        return self.image(payload), self.loaded(payload.get("model"))

    def loaded(self, token: object) -> LoadedModel:
        """Return the model that `token` names: a shipped one (None: the first of them), or the visitor's own.

        Raises:
            UnknownModelError: there is none, or no longer.
        """
        name = models.first() if token is None else token
        loaded = None
        if isinstance(name, str):
            loaded = models.shipped().get(name) or self.trained(name)
        if loaded is None:
            raise UnknownModelError(token)
        return loaded

    def image(self, payload: Payload) -> np.ndarray:
        """Return the (28, 28) image of a payload's strokes or of the MNIST digit that it names.

        Raises:
            ValueError: the payload holds neither, or the strokes are none that can be read.
        """
        if not isinstance(payload, dict):
            raise ValueError(f"expected a drawing, got {type(payload).__name__}")
        if "sample" not in payload:
            return from_strokes(payload.get("strokes"), SMALLEST)
        images, _, indices = samples()
        found = np.flatnonzero(indices == payload["sample"]) if isinstance(payload["sample"], int) else []
        if not len(found):
            raise ValueError(f"expected the number of a shipped MNIST digit, got {payload['sample']!r}")
        return images[found[0]].astype(np.float32) / 255


def digit_of(name: str, value: object, count: int = 10) -> int:
    """Return a digit, or one of `count` classes, that came from anywhere; a `ValueError` says what is wrong."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
        what = "digit" if count == 10 else "class"
        raise ValueError(f"{name} must be a {what} from 0 to {count - 1}, got {str(value)[:20]}")
    return value


def from_strokes(strokes: object, smallest: float = 0.0) -> np.ndarray:
    """Return the (28, 28) image of strokes that came from anywhere; what spans less than `smallest` is a dot.

    Raises:
        ValueError: they are no strokes, or too many; the message is for a visitor.
    """
    if not isinstance(strokes, list) or not all(isinstance(stroke, list) for stroke in strokes):
        raise ValueError("strokes must be a list of strokes, each a list of points [x, y]")
    count = sum(max(len(stroke), 1) for stroke in strokes)  # an empty one takes its time as well
    if count > MAX_POINTS:
        raise ValueError(f"This drawing has {count:,} points; at most {MAX_POINTS:,} can be read.")
    return ink.from_strokes(strokes, smallest)


def load_image(path: str | Path | BinaryIO) -> np.ndarray:
    """Return the pixels of an image file (or its path), the right way up, as an array that `ink.from_image` takes.

    Raises:
        ValueError: the file holds no image of FORMATS, or one of more than MAX_PIXELS; the message is for a visitor.
    """
    try:
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError  # as Pillow does at seven times as many, before it decodes anything
            upright = ImageOps.exif_transpose(picture)
            plain = {"P": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB", "PA": "RGBA"}
            return np.asarray(upright.convert(plain.get(upright.mode, upright.mode)))
    except Image.DecompressionBombError:
        raise ValueError(f"This picture is too large: at most {MAX_PIXELS // 10**6} megapixels can be read.") from None
    except Exception as error:  # a damaged file trips Pillow up in many ways
        known = ", ".join(FORMATS)
        raise ValueError(f"This file holds no image that can be read ({known}): {type(error).__name__}.") from None


def asked_for(target: object, predicted: int, count: int) -> int:
    """Return which of `count` classes is asked about: the predicted one unless another is named.

    Raises:
        ValueError: there is no such class.
    """
    return predicted if target is None else digit_of("target", target, count)
