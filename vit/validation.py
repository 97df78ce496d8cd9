"""Checks of numbers and names that come from outside; each error names the field, what was expected and what came."""

from __future__ import annotations

import sys
from math import inf, nan


def check_positive_int(name: str, value: object) -> None:
    """Raise a `ValueError` that names the field unless `value` is a whole number above zero."""
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} must be a positive whole number, got {value!r}")


def check_range(
    name: str, value: object, low: float = -inf, high: float = inf, *, low_open: bool = False, high_open: bool = False
) -> None:
    """Raise a `ValueError` that names the field unless `value` is a finite number from `low` to `high`.

    The ends themselves are allowed, but for an open one.
    """
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else nan
    at_open_end = (low_open and number == low) or (high_open and number == high)
    if at_open_end or not low <= number <= high or abs(number) > sys.float_info.max:
        ends = f"{'(' if low_open else '['}{low}, {high}{')' if high_open else ']'}"
        raise ValueError(f"{name} must be a finite number in {ends}, got {value!r}")


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise a `ValueError` that names the field and the choices unless `value` is one of them."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
