"""The drawing in a link of the page: "Copy link" there, and the address bar, hold `#...sheet=...`.

demo/links/codec.js says what a link holds, and demo/links/ink.js writes the strokes that this module reads.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

import numpy as np

from vit.ink.shipped import examples, sample_place, samples
from vit.ink.strokes import from_strokes

SIDE = 280  # units of the page's sheet
TENTHS = 10  # the page records tenths of a unit
TICK = 10  # milliseconds
TIMED = 1  # a flag: points have times
NO_DRAWING = "expected a link with a drawing, #sheet=..., got {!r}"
DAMAGED = "This link is damaged: its drawing was cut off or changed."

Stroke = list[list[float]]


def from_link(link: str) -> np.ndarray:
    """Return the image of the drawing in a link of the page, as its model gets it: (28, 28) float32 in [0, 1].

    Args:
        link: an address of the page, or what follows its `#`: strokes, `sheet=example-7`, or `sheet=mnist-3` for a
            test digit that ships.

    Raises:
        ValueError: there is no drawing in the link, it is damaged, or the test digit does not ship.
    """
    kind, text = sheet_of(link)
    if kind != "mnist":
        return from_strokes(strokes_from_link(link))
    place = sample_place(int(text)) if text.isdecimal() else None
    if place is None:
        raise ValueError(f"expected the number of a shipped MNIST digit, got {text!r}")
    return samples()[0][place].astype(np.float32) / 255


def strokes_from_link(link: str) -> list[Stroke]:
    """Return the strokes in a link of the page: lists of points (x, y) or (x, y, milliseconds, pressure).

    Raises:
        ValueError: there are no strokes in the link, or it is damaged.
    """
    kind, text = sheet_of(link)
    if kind == "ink1":
        return read_strokes(text)
    drawings = [each["strokes"] for each in examples() if kind == "example" and str(each["label"]) == text]
    if not drawings:
        raise ValueError(NO_DRAWING.format(link))
    return drawings[0]


def sheet_of(link: str) -> tuple[str, str]:
    """Return the kind of drawing in a link (`ink1`, `example`, `mnist`, `blank`) and its text."""
    for part in link.rpartition("#")[2].split("&"):
        key, _, value = part.partition("=")
        if key == "sheet":
            kind, _, text = value.partition("-")
            return kind, text
    raise ValueError(NO_DRAWING.format(link))


def read_strokes(text: str) -> list[Stroke]:
    """Return the strokes that demo/links/ink.js wrote as text; a `ValueError` says if it is damaged."""
    try:
        numbers = whole_numbers(checked_bytes(text))
        timed, step, count = next(numbers) == TIMED, next(numbers) / TENTHS, next(numbers)
        place = np.zeros(3 if timed else 2, dtype=int)
        strokes = [read_stroke(numbers, place, step) for _ in range(count)]
    except (binascii.Error, StopIteration):
        raise ValueError(DAMAGED) from None
    if next(numbers, None) is not None or not strokes:
        raise ValueError(DAMAGED)
    return strokes


def read_stroke(numbers: Iterator[int], place: np.ndarray, step: float) -> Stroke:
    """Read one stroke; `place`, the last point in whole steps and ticks, moves along."""
    count, pressure = next(numbers), next(numbers) / 100
    points = []
    for _ in range(count):
        place += [zigzag(next(numbers)) for _ in place]
        point = [min(round(value * step, 1), SIDE) for value in place[:2].tolist()]
        points.append([*point, *([int(place[2]) * TICK, pressure] if len(place) == 3 else [])])
    return points


def checked_bytes(text: str) -> bytes:
    """Return the bytes of base64url without its padding, whose last two are a CRC-16 of the others."""
    if not text.isascii():
        raise binascii.Error
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(data) < 3 or binascii.crc_hqx(data[:-2], 0xFFFF) != int.from_bytes(data[-2:], "big"):
        raise binascii.Error
    return data[:-2]


def whole_numbers(data: bytes) -> Iterator[int]:
    """Yield numbers of seven bits a byte, the small ones first; the last byte of each is below 128 (LEB128)."""
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def zigzag(value: int) -> int:
    """Return the signed number of an unsigned one: 0, 1, 2, 3, ... are 0, -1, 1, -2, ..."""
    return -(value + 1) // 2 if value % 2 else value // 2
