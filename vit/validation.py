"""Checks of numbers and names that come from outside; each error names the field, what was expected and what came."""

from __future__ import annotations

import sys
import warnings
from math import inf, nan

import torch
from torch import Tensor

MARGIN = 0.5  # pixels may lie this far outside [0, 1]: noise and sharp resizing overshoot a little
# The text has no numbers in it: Python shows a warning once if its text stays the same.
OUT_OF_RANGE = (
    "images should be in [0, 1], but some pixels are far outside: divide bytes by 255; the model normalises by itself"
)


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


def check_images(images: Tensor, in_chans: int, image_size: int, *, look: bool) -> None:
    """Check images (B, in_chans, image_size, image_size) in [0, 1]; `look` also warns of pixels far outside.

    Raises:
        ValueError: another shape, or no floating point numbers.
    """
    expected = (in_chans, image_size, image_size)
    if images.ndim != 4 or tuple(images.shape[1:]) != expected:
        raise ValueError(f"images must be (B, {', '.join(map(str, expected))}), got {tuple(images.shape)}")
    if not images.is_floating_point():
        raise ValueError(f"images must be floating point numbers in [0, 1], got {images.dtype}: divide bytes by 255")
    if look and not is_recorded(images) and has_distant_pixels(images):
        warnings.warn(OUT_OF_RANGE, stacklevel=2)


def is_recorded(images: Tensor) -> bool:
    """Tell whether PyTorch compiles, exports, traces or captures the model; pixels have no values then."""
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return True
    return images.is_cuda and torch.cuda.is_current_stream_capturing()


def has_distant_pixels(images: Tensor) -> bool:
    """Tell whether pixels lie more than `MARGIN` outside [0, 1], like bytes or normalised images."""
    if not images.numel():
        return False
    try:
        low, high = (end.item() for end in images.detach().aminmax())
    except RuntimeError:  # meta and fake tensors, `vmap` and `make_fx` have no values
        return False
    return low < -MARGIN or high > 1 + MARGIN
