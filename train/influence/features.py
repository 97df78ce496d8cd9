"""Training digits as a model's head gets them, and the errors of its answers: enough for the head's gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from train.data.dataset import Digits, load, split
from train.evaluation.predictions import TOKENS_AT_ONCE, Report
from vit import checkpoint
from vit.config import check_whole
from vit.model import VisionTransformer


@dataclass(frozen=True, eq=False)
class Features:
    """The head's view of n digits.

    Attributes:
        inputs: (n, D), inputs of the head: the normed cls tokens, or the mean patch tokens of a model that pools.
        errors: (n, K), probabilities minus one-hot labels: the gradient of the cross-entropy for the logits.
    """

    inputs: Tensor
    errors: Tensor

    def __len__(self) -> int:
        return len(self.inputs)


def learned_digits(name: str, folder: Any, count: int | None = None) -> Digits:
    """Return the MNIST digits that a checkpoint was trained on, without those held out; only `count` of them."""
    recipe = checkpoint.read_header(name).recipe.get("training", {})
    digits, _ = split(load("train", folder), int(recipe.get("val_size", 0)), int(recipe.get("seed", 0)))
    if count is None:
        return digits
    check_whole("images", count, 1, len(digits))
    return digits.subset(slice(count))


@torch.no_grad()
def head_inputs(model: VisionTransformer, images: Tensor) -> Tensor:
    """Return the inputs of the head (B, D) for images (B, C, H, W) in [0, 1]."""
    tokens = model.embed(images)  # (B, N, D)
    for block in model.blocks[:-1]:
        tokens, _ = block(tokens)
    tokens, _ = model.blocks[-1](tokens, num_queries=1 if model.config.pool == "cls" else None)  # as `model.encode`
    return model.pooled(tokens)  # (B, D)


@torch.no_grad()
def read_features(model: VisionTransformer, digits: Digits, report: Report | None = None) -> Features:
    """Read digits with a model in evaluation mode.

    Raises:
        ValueError: there are no digits.
    """
    if not len(digits):
        raise ValueError("digits must hold at least one image to read, got none")
    inputs: list[Tensor] = []
    for part in digits.images.split(max(1, TOKENS_AT_ONCE // model.config.num_tokens)):
        inputs.append(head_inputs(model, pixels(part)))
        if report:
            report(sum(map(len, inputs)), len(digits))
    read = torch.cat(inputs)  # (n, D)
    return Features(read, errors_of(model.head(read), digits.labels))


def errors_of(logits: Tensor, labels: Tensor) -> Tensor:
    """Return probabilities minus one-hot labels (n, K) for logits (n, K) and labels (n,)."""
    probs = logits.softmax(dim=-1)
    return probs.scatter_add(1, labels[:, None], -torch.ones_like(probs[:, :1]))  # (n, K)


def pixels(images: Tensor) -> Tensor:
    """Turn images (n, H, W) uint8 into (n, 1, H, W) in [0, 1]."""
    return images[:, None].float() / 255
