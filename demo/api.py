"""The public interface for programs: `/read` for strokes and `/read_image` for a picture, and no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder
from gradio_client.utils import is_file_obj_with_meta

from demo import models
from demo.reader import from_strokes, load_image
from vit import ink

DRAWING = list[list[list[float]]] | None
FILE = dict[str, Any] | None
NAME = str | None


def answer(image: np.ndarray, model: object) -> dict[str, Any]:
    """Read a (28, 28) image with a shipped model.

    Returns:
        `digit`; `probabilities` of the digits 0 to 9, calibrated; `sure`, whether it is a digit at all, as far as the
        model can tell; and `model`, the name of the one that read.

    Raises:
        ValueError: no such model ships; the message lists those that do.
    """
    name = models.first() if model is None else model
    _, verdict = models.named(name).read(image)
    return {"digit": verdict.digit, "probabilities": verdict.probs, "sure": verdict.sure, "model": name}


def read(strokes: object, model: object = None) -> dict[str, Any]:
    """Read a digit from its strokes: [[[x, y], [x, y], ...], ...], y downwards, any unit.

    `model` may name one of the models that ship. The answer has the `digit`, the calibrated `probabilities` of all
    ten, and `sure`: false for what does not look like a digit, whatever the probabilities.

    Raises:
        gr.Error: the strokes are none that can be read, or no such model ships; the message says why.
    """
    try:
        return answer(from_strokes(strokes), model)
    except ValueError as error:
        raise refused(error) from None


def read_image(image: object, model: object = None) -> dict[str, Any]:
    """Read a digit from an image file: any size, dark on light or light on dark, in colour or with alpha.

    `model` may name one of the models that ship. The answer has the `digit`, the calibrated `probabilities` of all
    ten, and `sure`: false for what does not look like a digit, whatever the probabilities.

    Raises:
        gr.Error: no file was sent, or it holds no image, or no ink that can be read, or no such model ships; the
            message says why.
    """
    try:
        return answer(ink.from_image(load_image(uploaded(image))), model)
    except ValueError as error:
        raise refused(error) from None


def uploaded(file: object) -> Path:
    """Return the path of a file as Gradio's clients send it.

    Gradio lets a path through only with its own mark beside it and only if the file was uploaded; a path without the
    mark has not been checked, and is not touched here.

    Raises:
        ValueError: no file was sent.
    """
    if not isinstance(file, dict) or not isinstance(file.get("meta"), dict) or not is_file_obj_with_meta(file):
        raise ValueError(f"Send an image file; got {type(file).__name__}.")
    path = Path(file["path"]).resolve()
    if not path.is_relative_to(Path(get_upload_folder()).resolve()):
        raise ValueError("Send an image file that was uploaded to this page.")
    return path


def refused(reason: ValueError) -> gr.Error:
    """Return the error that a client gets to see, which is no defect of the page and is not logged as one."""
    return gr.Error(str(reason), print_exception=False)


def build() -> None:
    """Register both endpoints on the page that is being built."""

    def strokes_endpoint(strokes: DRAWING = None, model: NAME = None) -> dict[str, Any]:
        return read(strokes, model)

    def image_endpoint(image: FILE = None, model: NAME = None) -> dict[str, Any]:
        return read_image(image, model)

    gr.api(strokes_endpoint, api_name="read", api_description=first_lines(read))
    gr.api(image_endpoint, api_name="read_image", api_description=first_lines(read_image))


def first_lines(function: Callable[..., Any]) -> str:
    """Return a docstring up to its sections, for people who call from outside."""
    return (function.__doc__ or "").split("Raises:", maxsplit=1)[0].strip()
