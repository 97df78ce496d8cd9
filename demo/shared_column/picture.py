"""Read a digit from a picture that a visitor gives to the page, and show what was taken for ink. Nothing is stored."""

from __future__ import annotations

import asyncio
import base64
from io import BytesIO

import numpy as np
import torch
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from demo import models, serialize
from demo.digits_in_picture import count_text
from demo.requests import Payload, errors_as_answers, load_image
from demo.safety.body_limit import PICTURE
from vit.ink import Digit, from_image
from vit.ink.digits import digits_of_ink
from vit.ink.image import prepare_image, segment_ink

AT_ONCE = 2  # pictures that are read at the same time: each may take 100 MB for a moment
PREVIEW_SIDE = 320  # pixels
DIMMED = 0.55  # of the picture's brightness, so that ink stands out
ORANGE = np.array([0xEF, 0x7D, 0x1A]) / 255


def picture_route() -> Route:
    """Return the route that reads a picture, the request's body, for `launch(app_kwargs={"routes": [...]})`.

    With `?whole=1` all ink of the picture is one symbol.
    """
    free = asyncio.Semaphore(AT_ONCE)

    async def answer(request: Request) -> JSONResponse:
        file = await request.body()
        read = read_symbol if request.query_params.get("whole") == "1" else read_picture
        async with free:
            return JSONResponse(await run_in_threadpool(read, file))

    return Route(PICTURE, answer, methods=["POST"])


@errors_as_answers
def read_picture(file: bytes) -> Payload:
    """Answer with the digits of an image file, as the page's default model finds them; or `error` with one sentence.

    Returns:
        `image`: the first digit (28, 28). `preview`: a data URL. `says`: how many digits there are. `digits`, if there
        are several: each with its `image`, and its `box` on the square sheet: left, top, width, height in [0, 1].
    """
    pixels = load_image(BytesIO(file))
    picture = prepare_image(pixels)  # (H, W, C)
    ink = segment_ink(picture)  # (H, W)
    found = digits_of_ink(ink, pixels.shape, models.shipped_model(models.default_name()).ood_scores)
    digits = [{"image": packed(digit), "box": on_sheet(digit.box, pixels.shape)} for digit in found]
    several = {"digits": digits} if len(digits) > 1 else {}
    return {"image": digits[0]["image"], "preview": preview(picture, ink), "says": count_text(digits), **several}


@errors_as_answers
def read_symbol(file: bytes) -> Payload:
    """Answer with the `image` (28, 28) of all ink of an image file as one symbol; or `error` with one sentence."""
    return {"image": serialize.pack(torch.from_numpy(from_image(load_image(BytesIO(file)))), "u8")}


def packed(digit: Digit) -> Payload:
    """Pack the image of a digit for the browser."""
    return serialize.pack(torch.from_numpy(digit.image), "u8")


def on_sheet(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> list[float]:
    """Return where a box of a picture (H, W, C) lies on a square that shows the whole picture, centred."""
    height, width = shape[:2]
    side, (left, top, right, bottom) = max(height, width), box
    corner = (left + (side - width) / 2, top + (side - height) / 2)
    return [round(length / side, 4) for length in (*corner, right - left, bottom - top)]


def preview(picture: np.ndarray, ink: np.ndarray) -> str:
    """Draw ink (H, W) in orange over its picture (H, W, C), values in [0, 1]; return a JPEG as a data URL."""
    share = ink[..., None]  # (H, W, 1)
    marked = DIMMED * on_white(picture) * (1 - share) + ORANGE * share  # (H, W, 3)
    drawn = Image.fromarray(np.rint(255 * marked).astype(np.uint8))
    drawn.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    file = BytesIO()
    drawn.save(file, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def on_white(picture: np.ndarray) -> np.ndarray:
    """Return a picture (H, W, C) as colours (H, W, 3), what is transparent in it as white."""
    channels = picture.shape[2]
    with_alpha = channels % 2 == 0
    colours = np.broadcast_to(picture[..., : channels - with_alpha], (*picture.shape[:2], 3))
    alpha = picture[..., -1:] if with_alpha else 1.0
    return colours * alpha + (1 - alpha)
