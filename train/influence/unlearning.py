"""Unlearn a few training digits: move the weights against what was learned from them, and see what that changes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from train.data.dataset import Digits
from train.influence.features import pixels
from vit.model import VisionTransformer
from vit.validation import check_choice, check_positive_int, check_range

Equal = Literal["length", "rate"]


@dataclass(frozen=True)
class UnlearnConfig:
    """How far the weights move.

    Digits that the model finds hard have large gradients. With an equal learning rate they move the weights further
    than other digits do; with an equal length only the direction counts.

    Attributes:
        equal: what all groups of digits have in common, the `length` of the way or the learning `rate`.
        amount: for `length` a share of the norm of all weights; for `rate` the sum of the rates of all steps.
        steps: equal parts of the way; the gradient is computed again for each.

    Raises:
        ValueError: a value is out of its range.
    """

    equal: Equal = "length"
    amount: float = 0.002
    steps: int = 4

    def __post_init__(self) -> None:
        check_choice("equal", self.equal, get_args(Equal))
        check_range("amount", self.amount, 0, 1, low_open=True)
        check_positive_int("steps", self.steps)


CHECKS: dict[Equal, UnlearnConfig] = {  # both doses, as they are measured and as the page has them
    "length": UnlearnConfig("length", 0.002),
    "rate": UnlearnConfig("rate", 0.01),
}


def unlearn(model: VisionTransformer, digits: Digits, config: UnlearnConfig | None = None) -> VisionTransformer:
    """Return a copy of `model` whose weights, all of them, moved up the gradient of the mean loss of `digits`.

    Raises:
        ValueError: there are no digits.
    """
    config = config or UnlearnConfig()
    if not len(digits):
        raise ValueError("digits must hold at least one digit to unlearn, got none")
    changed = copy.deepcopy(model).requires_grad_(True).eval()
    images, weights = pixels(digits.images), list(changed.parameters())
    step = config.amount / config.steps * (norm_of(weights) if config.equal == "length" else torch.tensor(1.0))
    for _ in range(config.steps):
        with torch.enable_grad():
            loss = F.cross_entropy(changed(images), digits.labels)
            gradients = torch.autograd.grad(loss, weights)
        scale = step / norm_of(gradients).clamp_min(1e-30) if config.equal == "length" else step
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.add_(scale * gradient)
    return changed.requires_grad_(False)


def norm_of(tensors: Sequence[Tensor]) -> Tensor:
    """Return the Euclidean norm of all numbers of the tensors together."""
    return torch.stack([tensor.detach().norm() for tensor in tensors]).norm()
