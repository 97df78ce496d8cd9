"""What every explanation needs first: the model in evaluation mode, and an image that the model can read."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from vit.config import check_range
from vit.model import VisionTransformer

P = ParamSpec("P")
R = TypeVar("R")
Image = Tensor | np.ndarray
Method = Callable[Concatenate[VisionTransformer, Tensor, P], R]
Public = Callable[Concatenate[VisionTransformer, Image, P], R]


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode, and each of its modules back into its own mode at the end.

    Dropout would make an explanation random. A model that is in evaluation mode already is not written to, so that
    several threads can explain it at once.
    """
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


def explanation(method: Method[P, R]) -> Public[P, R]:
    """Decorate a method of explaining: evaluation mode, a checked image, and gradients also in `inference_mode`."""

    @wraps(method)
    def explain(model: VisionTransformer, image: Image, *args: P.args, **kwargs: P.kwargs) -> R:
        with torch.inference_mode(False), torch.no_grad(), evaluation_mode(model):
            return method(model, checked_image(model, image), *args, **kwargs)

    return explain


def checked_image(model: VisionTransformer, image: Image) -> Tensor:
    """Return an image (C, H, W) in [0, 1] as a tensor of the model's own type, on its device.

    Raises:
        ValueError: it is no tensor or array of floating point numbers in [0, 1], or of another size.
    """
    if not isinstance(image, Tensor | np.ndarray):
        raise ValueError(f"image must be a tensor or a NumPy array, got {type(image).__name__}")
    config = model.config
    expected = (config.in_chans, config.image_size, config.image_size)
    if tuple(image.shape) != expected:
        raise ValueError(f"image must be {expected}, got {tuple(image.shape)}")
    floating = image.is_floating_point() if isinstance(image, Tensor) else np.issubdtype(image.dtype, np.floating)
    if not floating or not (image.min() >= 0 and image.max() <= 1):
        raise ValueError(f"image must be of floating point numbers in [0, 1], got {image.dtype}{_range(image)}")
    # A copy: an array may be read-only, and a tensor of `inference_mode` takes no part in a gradient.
    return torch.as_tensor(np.array(image) if isinstance(image, np.ndarray) else image.clone()).to(model.cls_token)


def _range(image: Image) -> str:
    return f" from {image.min():g} to {image.max():g}" if image.dtype not in (torch.bool, np.bool_) else ""


def checked_target(model: VisionTransformer, target: object) -> int:
    """Return the number of a class, which may come as a Python, NumPy or torch integer.

    Raises:
        ValueError: it is no whole number, or there is no such class.
    """
    boolean = isinstance(target, bool | np.bool_) or getattr(target, "dtype", None) is torch.bool
    try:
        if boolean:
            raise TypeError
        number = operator.index(target)  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"target must be a whole number, got {target!r}") from None
    check_range("target", number, 0, model.config.num_classes - 1)
    return number


def check_differentiable(model: VisionTransformer) -> None:
    """Raise a `ValueError` if the model was made inside `inference_mode`, where PyTorch keeps nothing for gradients."""
    if any(weight.is_inference() for weight in model.parameters()):
        raise ValueError("model must be made outside torch.inference_mode() to be explained by gradients")
