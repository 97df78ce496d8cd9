"""Read the digits in a picture, from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo.models import LoadedModel, Prediction
from vit.ink import Digit, find_digits

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, eq=False)
class Read:
    """A digit in a picture, and what a model reads there."""

    digit: Digit
    prediction: Prediction


def read_digits(pixels: np.ndarray, loaded: LoadedModel) -> list[Read]:
    """Find the digits in a picture and read each, from left to right.

    Raises:
        ValueError: there is no digit; the message says why.
    """
    return [Read(digit, loaded.read(digit.image)[1]) for digit in find_digits(pixels, loaded.ood_scores)]


def count_text(digits: Sequence[object]) -> str:
    """Say how many digits there are."""
    count = len(digits)
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    return f"I see {number} digit{'' if count == 1 else 's'}."
