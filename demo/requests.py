"""Requests of the page: find their image and model, or answer with one clear sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO, ParamSpec

import numpy as np
import torch
from PIL import Image, ImageOps

from demo import models, serialize
from demo.models import LoadedModel
from train.data.dataset import DataError
from vit import VisionTransformer, ink
from vit.ink.packed_image import from_picture
from vit.ink.shipped import sample_place, samples

MAX_POINTS = 20_000
SMALLEST = 6  # units of the pad's sheet, 280 a side: a drawing that spans less is a dot
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 25_000_000  # a phone's photograph has 12 or so, and each takes 3 bytes or more once it is decoded
EXPIRED = "Your trained model is no longer stored; a shipped one reads now."

Payload = dict[str, Any]
P = ParamSpec("P")


class UnknownModelError(LookupError):
    """The token names neither a shipped model nor a stored training."""


def errors_as_answers(answer: Callable[P, Payload]) -> Callable[P, Payload]:
    """Turn exceptions of a server function into an answer with `error`, one sentence for the visitor."""

    @wraps(answer)
    def call(*args: P.args, **kwargs: P.kwargs) -> Payload:
        try:
            return answer(*args, **kwargs)
        except UnknownModelError:
            return {"error": EXPIRED}
        except (ValueError, DataError) as error:
            return {"error": str(error)}

    return call


def pack_sample(place: int) -> Payload:
    """Pack the digit at a place in `samples` for the pad: `index` in the test set, `label` and `image`."""
    images, labels, indices = samples()
    image = serialize.pack(torch.from_numpy(images[place] / 255), "u8")
    return {"index": int(indices[place]), "label": int(labels[place]), "image": image}


class Reader:
    """Find what a request is about. `trained` returns the model of a visitor's training by its id, or None."""

    def __init__(self, trained: Callable[[str], LoadedModel | None]) -> None:
        self.trained = trained

    def image_and_model(self, payload: Payload) -> tuple[np.ndarray, LoadedModel]:
        """Return the image (28, 28) and the model of a payload; raises as `image` and `loaded` do."""
        return self.image(payload), self.loaded(payload.get("model"))

    def model(self, payload: Payload) -> VisionTransformer:
        """Return the model that a payload names; raises as `loaded` does, or a `ValueError`."""
        if not isinstance(payload, dict):
            raise ValueError(f"expected the name of a model, got {type(payload).__name__}")
        return self.loaded(payload.get("model")).model

    def loaded(self, token: object) -> LoadedModel:
        """Return the model that `token` names: a shipped one (None: the first of them), or the visitor's own.

        Raises:
            UnknownModelError: there is none, or no longer.
        """
        name = models.default_name() if token is None else token
        loaded = None
        if isinstance(name, str):
            loaded = models.shipped().get(name) or self.trained(name)
        if loaded is None:
            raise UnknownModelError(token)
        return loaded

    def start(self, payload: Payload) -> tuple[object, LoadedModel]:
        """Return the model that a copy starts from with its token; raises as `loaded` does.

        It is `start` of the payload, or `before`, the model that reads, if `start` is no longer stored.
        """
        try:
            return payload.get("start"), self.loaded(payload.get("start"))
        except UnknownModelError:
            return payload.get("before"), self.loaded(payload.get("before"))

    def image(self, payload: Payload) -> np.ndarray:
        """Return the (28, 28) image of a payload: of its `strokes`, its `picture`, or the MNIST `sample` that it names.

        Raises:
            ValueError: the payload holds none of these, or one that cannot be read.
        """
        if not isinstance(payload, dict):
            raise ValueError(f"expected a drawing, got {type(payload).__name__}")
        if "picture" in payload:
            return from_picture(payload["picture"])
        if "sample" not in payload:
            return from_strokes(payload.get("strokes"), SMALLEST)
        place = sample_place(payload["sample"])
        if place is None:
            raise ValueError(f"expected the number of a shipped MNIST digit, got {payload['sample']!r}")
        return samples()[0][place].astype(np.float32) / 255


def class_index(name: str, value: object, count: int = 10) -> int:
    """Check an untrusted class index in [0, count).

    Raises:
        ValueError: it is none; the message calls it `name`.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
        what = "digit" if count == 10 else "class"
        raise ValueError(f"{name} must be a {what} from 0 to {count - 1}, got {str(value)[:20]}")
    return value


def from_strokes(strokes: object, smallest: float = 0.0) -> np.ndarray:
    """Return the (28, 28) image of untrusted strokes; a drawing that spans less than `smallest` units is a dot.

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


def target_class(target: object, predicted: int, count: int) -> int:
    """Return the class that a question is about: `target` if given, else the predicted one.

    Raises:
        ValueError: there is no such class.
    """
    return predicted if target is None else class_index("target", target, count)
