"""Common checks of all explanations: evaluation mode, image and target."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
import torch
from torch import Tensor

from vit.model import VisionTransformer

P = ParamSpec("P")
R = TypeVar("R")
Image = Tensor | np.ndarray
Method = Callable[Concatenate[VisionTransformer, Tensor, P], R]
Public = Callable[Concatenate[VisionTransformer, Image, P], R]


def in_evaluation_mode(model: VisionTransformer) -> VisionTransformer:
    """Return the model, or a copy in evaluation mode with shared weights if it is in training mode.

    Dropout would make an explanation random. The model itself is not changed: other threads may use it.
    """
    if not any(module.training for module in model.modules()):
        return model
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared).eval()


def explanation(method: Method[P, R]) -> Public[P, R]:
    """Decorate an explanation: evaluation mode, checked image, and gradients even in `inference_mode`."""

    @wraps(method)
    def explain(model: VisionTransformer, image: Image, *args: P.args, **kwargs: P.kwargs) -> R:
        with torch.inference_mode(False), torch.no_grad():
            return method(in_evaluation_mode(model), checked_image(model, image), *args, **kwargs)

    return explain


def checked_image(model: VisionTransformer, image: Image) -> Tensor:
    """Check an image (C, H, W) in [0, 1] and copy it to the dtype and device of the model.

    Raises:
        ValueError: it is not a tensor or array of floating point numbers in [0, 1], or has another shape.
    """
    if not isinstance(image, Tensor | np.ndarray):
        raise ValueError(f"image must be a tensor or a NumPy array, got {type(image).__name__}")
    config = model.config
    expected = (config.in_chans, config.image_size, config.image_size)
    if tuple(image.shape) != expected:
        raise ValueError(f"image must be {expected}, got {tuple(image.shape)}")
    message = f"image must be of floating point numbers in [0, 1], got {image.dtype}"
    kind = np.dtype(image.dtype).kind if isinstance(image, np.ndarray) else _kind(image)
    if kind not in "fiu":
        raise ValueError(message)
    # Copied: an array may be read-only or of another byte order; a tensor of `inference_mode` has no gradients.
    tensor = torch.from_numpy(image.astype(np.float64)) if isinstance(image, np.ndarray) else image
    pixels = tensor.to(model.cls_token, copy=True)
    if kind != "f" or not (pixels.min() >= 0 and pixels.max() <= 1):
        raise ValueError(f"{message} from {pixels.min():g} to {pixels.max():g}")
    return pixels


def _kind(image: Tensor) -> str:
    """Return NumPy's `dtype.kind` for a tensor."""
    if image.is_floating_point():
        return "f"
    return "b" if image.dtype == torch.bool else "c" if image.is_complex() else "i"


def checked_target(model: VisionTransformer, target: object) -> int:
    """Check a class number: a Python, NumPy or torch integer.

    Raises:
        ValueError: it is not a whole number, or there is no such class.
    """
    if isinstance(target, np.ndarray) and target.size == 1:
        target = target.item()
    boolean = isinstance(target, bool | np.bool_) or getattr(target, "dtype", None) is torch.bool
    try:
        if boolean:
            raise TypeError
        number = operator.index(target)  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"target must be a whole number, got {target!r}") from None
    if not 0 <= number < model.config.num_classes:
        raise ValueError(f"target must be a whole number from 0 to {model.config.num_classes - 1}, got {number}")
    return number


def check_differentiable(model: VisionTransformer) -> None:
    """Raise a `ValueError` if the model was built in `inference_mode`: its weights allow no gradients."""
    if any(weight.is_inference() for weight in model.parameters()):
        raise ValueError("model must be made outside torch.inference_mode() to be explained by gradients")
