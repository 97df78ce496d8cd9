"""The public interface for programs: `/read` for strokes and `/read_image` for a picture, and no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder
from gradio_client.utils import is_file_obj_with_meta

from demo.reader import SHIPPED, Reader, from_strokes, load_image, trace_of
from vit import ink

DRAWING = list[list[list[float]]] | None
FILE = dict[str, Any] | None


def answer(reader: Reader, image: np.ndarray) -> dict[str, Any]:
    """Read a (28, 28) image with the shipped model: `digit`, and `probabilities` of the digits 0 to 9."""
    probs = trace_of(reader.model(SHIPPED), image).probs[0].tolist()
    return {"digit": probs.index(max(probs)), "probabilities": probs, "model": SHIPPED}


def read(reader: Reader, strokes: object) -> dict[str, Any]:
    """Read a digit from its strokes: [[[x, y], [x, y], ...], ...], y downwards, any unit.

    Raises:
        gr.Error: the strokes are none that can be read; the message says why.
    """
    try:
        return answer(reader, from_strokes(strokes))
    except ValueError as error:
        raise refused(error) from None


def read_image(reader: Reader, image: object) -> dict[str, Any]:
    """Read a digit from an image file: any size, dark on light or light on dark, in colour or with alpha.

    Raises:
        gr.Error: no file was sent, or it holds no image, or no ink that can be read; the message says why.
    """
    try:
        return answer(reader, ink.from_image(load_image(uploaded(image))))
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


def build(reader: Reader) -> None:
    """Register both endpoints on the page that is being built."""

    def strokes_endpoint(strokes: DRAWING = None) -> dict[str, Any]:
        return read(reader, strokes)

    def image_endpoint(image: FILE = None) -> dict[str, Any]:
        return read_image(reader, image)

    gr.api(strokes_endpoint, api_name="read", api_description=first_lines(read))
    gr.api(image_endpoint, api_name="read_image", api_description=first_lines(read_image))


def first_lines(function: Callable[..., Any]) -> str:
    """Return a docstring up to its sections, for people who call from outside."""
    return (function.__doc__ or "").split("Raises:", maxsplit=1)[0].strip()
