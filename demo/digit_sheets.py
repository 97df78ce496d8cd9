"""Pack many digits into one picture, so that they cost one request."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from demo.requests import samples
from train.data.dataset import Digits
from train.evaluation.predictions import Predictions
from train.evaluation.robustness import CHANGES

COLUMNS = 20  # digits side by side on a sheet
SHOWN = 60  # digits of a gallery at most
EXAMPLE = 17  # the shipped digit that shows what the changes do


def sheet(images: Tensor | Sequence[Tensor]) -> str:
    """Draw images (n, 28, 28), uint8 or in [0, 1], side by side in COLUMNS: a PNG in base64."""
    picture = Image.new("L", (28 * COLUMNS, 28 * -(-len(images) // COLUMNS)))
    for at, image in enumerate(images):
        pixels = image if image.dtype == torch.uint8 else (image * 255).round().byte()
        picture.paste(Image.fromarray(pixels.numpy()), (at % COLUMNS * 28, at // COLUMNS * 28))
    file = BytesIO()
    picture.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def pack_gallery(predictions: Predictions, digits: Digits, places: Tensor) -> dict[str, Any]:
    """Pack the first SHOWN of the digits at `places` (m,): `sheet`, their pictures, and the prediction for each."""
    first = places[:SHOWN]
    rows = zip(first.tolist(), predictions.labels[first].tolist(), predictions.digits[first].tolist(), strict=True)
    return {
        "count": len(places),
        "sheet": sheet(digits.images[first]) if len(first) else "",
        "columns": COLUMNS,
        "digits": [
            {
                "index": at,
                "written": written,
                "read": digit,
                "probs": [round(p, 4) for p in predictions.probs[at].tolist()],
            }
            for at, written, digit in rows
        ],
    }


@cache
def example() -> str:
    """Draw a digit that ships with every change by every amount, one after another."""
    image = torch.from_numpy(samples()[0][EXAMPLE : EXAMPLE + 1])[:, None] / 255  # (1, 1, H, W)
    parts = [
        way.apply(image.expand(len(way.amounts), -1, -1, -1), torch.tensor(way.amounts, dtype=torch.float))
        for way in CHANGES.values()
    ]
    return sheet(torch.cat(parts)[:, 0])
