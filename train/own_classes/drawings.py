"""Drawings of new classes, as the page's view Symbols exports them: checked, and turned into images.

A file is JSON: `{"format": "inkling-symbols", "version": 1, "symbols": [...]}`. A symbol has a `name` and `drawings`.
A drawing has `strokes`, lists of points [x, y] on a sheet of 280 x 280, or a `picture`, a packed image (28, 28).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from train.data.dataset import Digits
from vit.ink import from_strokes
from vit.ink.packed_image import from_picture

FORMAT, VERSION = "inkling-symbols", 1
MIN_SYMBOLS, MAX_SYMBOLS = 2, 10
MIN_DRAWINGS, MAX_DRAWINGS = 5, 40  # of a symbol
MAX_NAME = 20  # characters
JOINER = "\u200d"  # joins the parts of some emoji
MAX_POINTS = 1000  # of a drawing; one by hand has about 100
MAX_BYTES = 4_000_000  # of a file
SMALLEST = 6  # units of the sheet: a drawing that spans less is a dot


def load_drawings(path: str | Path) -> tuple[list[str], Digits]:
    """Load a file: the names of its symbols, and their drawings as images with labels.

    Raises:
        ValueError: it is no such file, or a symbol or a drawing in it cannot be used; one sentence says why.
        OSError: it cannot be read.
    """
    if Path(path).stat().st_size > MAX_BYTES:
        raise ValueError(f"{path} is too large: at most {MAX_BYTES:,} bytes can be read")
    try:
        file = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is not JSON") from None
    if not isinstance(file, dict) or file.get("format") != FORMAT:
        raise ValueError(f"{path} holds no symbols: its format is not {FORMAT!r}")
    if file.get("version") != VERSION:
        raise ValueError(f"{path} is of version {file.get('version')!r:.20}, but only version {VERSION} can be read")
    return drawings_of(file.get("symbols"))


def drawings_of(symbols: object) -> tuple[list[str], Digits]:
    """Return the names of untrusted symbols, and their drawings as images with labels.

    Raises:
        ValueError: there are too few or too many, or one cannot be used; the message is for a visitor.
    """
    if not isinstance(symbols, list) or not MIN_SYMBOLS <= len(symbols) <= MAX_SYMBOLS:
        given = len(symbols) if isinstance(symbols, list) else type(symbols).__name__
        raise ValueError(f"Between {MIN_SYMBOLS} and {MAX_SYMBOLS} symbols can be learned, got {given}.")
    names = names_of(symbols)
    images = [list(images_of(symbol.get("drawings"), name)) for symbol, name in zip(symbols, names, strict=True)]
    labels = torch.arange(len(names)).repeat_interleave(torch.tensor([len(each) for each in images]))  # (n,)
    pixels = np.rint(255 * np.concatenate(images)).astype(np.uint8)  # (n, H, W)
    return names, Digits(torch.from_numpy(pixels), labels)


def names_of(symbols: list[Any]) -> list[str]:
    """Return the names of untrusted symbols, which must differ; errors as in `drawings_of`."""
    names: list[str] = []
    for number, symbol in enumerate(symbols, start=1):
        name = symbol.get("name") if isinstance(symbol, dict) else None
        text = name.strip() if isinstance(name, str) else ""
        if not 0 < len(text) <= MAX_NAME or not text.replace(JOINER, "").isprintable():
            raise ValueError(f"Symbol {number} needs a name of 1 to {MAX_NAME} characters.")
        if text in names:
            raise ValueError(f"Two symbols have the name “{text}”.")
        names.append(text)
    return names


def images_of(drawings: object, name: str) -> Iterator[np.ndarray]:
    """Yield the image (28, 28) of each untrusted drawing of a symbol; errors as in `drawings_of`."""
    if not isinstance(drawings, list):
        raise ValueError(f"“{name}” has no list of drawings.")
    if not MIN_DRAWINGS <= len(drawings) <= MAX_DRAWINGS:
        wanted = f"between {MIN_DRAWINGS} and {MAX_DRAWINGS} can be learned"
        raise ValueError(f"“{name}” has {len(drawings)} drawings; {wanted}.")
    for number, drawing in enumerate(drawings, start=1):
        try:
            yield image_of(drawing)
        except ValueError as error:
            raise ValueError(f"Drawing {number} of “{name}” cannot be used: {error}") from None


def image_of(drawing: object) -> np.ndarray:
    """Return the image (28, 28) of an untrusted drawing.

    Raises:
        ValueError: it has neither strokes nor a picture that can be read, or too many points.
    """
    if not isinstance(drawing, dict):
        raise ValueError("it has neither strokes nor a picture.")
    if "picture" in drawing:
        return from_picture(drawing["picture"])
    strokes = drawing.get("strokes")
    if not isinstance(strokes, list) or not all(isinstance(stroke, list) for stroke in strokes):
        raise ValueError("its strokes must be lists of points [x, y].")
    points = sum(max(len(stroke), 1) for stroke in strokes)
    if points > MAX_POINTS:
        raise ValueError(f"it has {points:,} points, and at most {MAX_POINTS:,} can be read.")
    return from_strokes(strokes, SMALLEST)
