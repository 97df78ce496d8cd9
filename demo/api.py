"""The public interface for programs: `/read` for strokes and `/read_image` for a picture, and no other."""

from __future__ import annotations

import base64
import binascii
import inspect
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import gradio as gr
import numpy as np
from fastapi import Request
from gradio.components.api_component import Api
from gradio.context import get_blocks_context
from gradio.utils import get_upload_folder
from gradio_client.utils import is_file_obj_with_meta, python_type_to_json_schema
from PIL import Image
from starlette.responses import JSONResponse

from demo import models
from demo.digits_in_picture import count_text, read_digits
from demo.requests import from_strokes, load_image, samples

DATA_URL = "data:image/png;base64,"
SEVEN = [[[60, 60], [200, 60], [120, 240]]]  # one stroke: along the top, then down to the left
A_THREE = 3
ANSWER = (
    "`digit`: the likeliest. `probabilities`: of the digits 0 to 9, calibrated. `sure`: false if it does not look like "
    "a digit. `model`: the one that read."
)
DIGITS = (
    " `digits`: each digit in the picture from left to right, with `box` (left, top, right, bottom in pixels), "
    "`digit`, `probabilities` and `sure`. `says`: how many there are. With several digits, `digit` and "
    "`probabilities` are those of the first, and `sure` is false."
)


def answer(image: np.ndarray, model: object) -> dict[str, Any]:
    """Read a (28, 28) image with a shipped model.

    Returns:
        `digit`; `probabilities` of the digits 0 to 9, calibrated; `sure`, whether it is a digit at all, as far as the
        model can tell; and `model`, the name of the one that read.

    Raises:
        ValueError: no such model ships; the message lists those that do.
    """
    name = models.default_name() if model is None else model
    _, prediction = models.shipped_model(name).read(image)
    return {**fields(prediction), "model": name}


def answer_picture(pixels: np.ndarray, model: object) -> dict[str, Any]:
    """Read the digits in a picture with a shipped model.

    Returns:
        As `answer`, of the first digit from the left, with `sure` false if there are several; `digits`, each with its
        `box` in pixels of the picture (left, top, right, bottom); and `says`, how many there are.

    Raises:
        ValueError: no such model ships, or there is no digit; the message says why.
    """
    name = models.default_name() if model is None else model
    found = read_digits(pixels, models.shipped_model(name))
    digits = [{"box": list(one.digit.box), **fields(one.prediction)} for one in found]
    first = fields(found[0].prediction)
    return {
        **first,
        "sure": first["sure"] and len(digits) == 1,
        "model": name,
        "digits": digits,
        "says": count_text(digits),
    }


def fields(prediction: models.Prediction) -> dict[str, Any]:
    """Return what programs get to know of a prediction."""
    return {"digit": prediction.digit, "probabilities": prediction.probs, "sure": prediction.in_distribution}


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
    """Read the digits in an image (file or data URL): any size, dark on light or light on dark, colour or alpha.

    `model` may name one of the models that ship. The answer has the `digit`, the calibrated `probabilities` of all
    ten, and `sure`: false for what does not look like a digit, whatever the probabilities, and if there are several
    digits. `digits` lists each of them with its `box`, and `says` tells how many there are.

    Raises:
        gr.Error: no file was sent, or it holds no image, or no ink that can be read, or no such model ships; the
            message says why.
    """
    try:
        return answer_picture(load_image(image_source(image)), model)
    except ValueError as error:
        raise refused(error) from None


def image_source(image: object) -> Path | BinaryIO:
    """Return an image that was sent as a data URL, or the path of one that was sent as a file.

    Raises:
        ValueError: neither was sent.
    """
    if not isinstance(image, str):
        return uploaded(image)
    kind, comma, content = image.partition(",")
    try:
        if comma and kind.startswith("data:image/") and kind.endswith(";base64"):
            return BytesIO(base64.b64decode(content, validate=True))
    except binascii.Error:
        pass
    raise ValueError(f"Send an image file, or a data URL that begins with {DATA_URL!r}; got {image[:30]!r}.")


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


def field(label: str, kind: Any, about: str, *, example: object = None, value: object = None) -> Api:
    """Return a parameter or an answer of an endpoint, with words and an example for the page "Use via API".

    Args:
        label: its name.
        kind: its type.
        about: what it means, in one or two sentences.
        example: shown where there is no default; the example as a whole runs as shown.
        value: the default; None if it must be sent.
    """
    schema = {**python_type_to_json_schema(kind), "description": about, "additional_description": about}
    parameter = Api(value, schema, label)
    if example is not None:
        # Set on the instance: for a subclass Gradio would write a .pyi file beside this one.
        parameter.example_payload = lambda: example
    return parameter


def a_picture() -> str:
    """Return an MNIST test digit, dark on light, as the data URL of a PNG."""
    images, labels, _ = samples()
    file = BytesIO()
    Image.fromarray(255 - images[labels == A_THREE][0]).save(file, "PNG", optimize=True)
    return DATA_URL + base64.b64encode(file.getvalue()).decode()


def build() -> None:
    """Register both endpoints on the page that is being built."""
    strokes = field(
        "strokes",
        list[list[list[float]]],
        "One list for each stroke, with a point [x, y] for each place of the pen; y grows downwards, any unit.",
        example=SEVEN,
    )
    image = field(
        "image",
        str,
        "A data URL, as here, or a file: handle_file('three.png') with gradio_client, handle_file(blob) with "
        "@gradio/client.",
        example=a_picture(),
    )
    register(read, strokes, field("digit, probabilities, sure, model", dict[str, Any], ANSWER))
    register(
        read_image, image, field("digit, probabilities, sure, model, digits, says", dict[str, Any], ANSWER + DIGITS)
    )


def register(function: Callable[..., Any], first: Api, answer: Api) -> None:
    """Add an endpoint with the name of `function` that takes `first` and a model's name and returns `answer`."""
    counts = [
        f"{name!r} cuts the image into {loaded.model.config.num_patches} patches"
        for name, loaded in models.shipped().items()
    ]
    model = field("model", str, f"Which model reads: {', '.join(counts)}.", value=models.default_name())
    page = get_blocks_context()
    if page is None:
        raise RuntimeError("Endpoints belong to a page: expected to be called inside gr.Blocks().")
    page.set_event_trigger(
        [],
        function,
        [first, model],
        [answer],
        preprocess=False,
        postprocess=False,
        show_progress="hidden",
        api_name=function.__name__,
        api_description=first_lines(function),
    )


def first_lines(function: Callable[..., Any]) -> str:
    """Return a docstring up to its sections, for people who call from outside."""
    return (inspect.getdoc(function) or "").split("Raises:", maxsplit=1)[0].strip()


def no_such_call(request: Request, error: Exception) -> JSONResponse:
    """Answer 422 to /call/v2 without a parameter that must be sent, or with one that there is not; Gradio raises.

    Raises:
        Exception: `error`, if it is another.
    """
    unfit = str(error).startswith(("No value provided for required argument", "Parameter `"))
    if "/call/v2/" not in request.url.path or not unfit:
        raise error
    return JSONResponse({"error": str(error).split(" Please click")[0]}, status_code=422)
