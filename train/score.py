"""Loss, accuracy and confusion matrix of a model on a set of images."""

from __future__ import annotations

from dataclasses import dataclass

import scipy  # scipy.stats, slow to import, loads on first use
import torch
import torch.nn.functional as F
from torch import Tensor

from train.data.dataset import Digits, batches
from vit.model import VisionTransformer

CONFIDENCE = 0.9500042097035591  # of 1.96 standard deviations, with which the shipped checkpoints were measured
EVALUATED_AT_ONCE = 250  # images; at patch 2, where attention is (B, h, 197, 197), more would not fit small machines


@dataclass(frozen=True)
class Score:
    """What one pass over a set of images found.

    Attributes:
        loss: mean cross entropy, nats.
        accuracy: share read right, in [0, 1].
        confusion: (K, K) counts on the CPU, row = true digit, column = digit read.
    """

    loss: float
    accuracy: float
    confusion: Tensor


@torch.inference_mode()
def evaluate(model: VisionTransformer, digits: Digits, batch_size: int = EVALUATED_AT_ONCE) -> Score:
    """Read all of `digits` with `model` in evaluation mode, and leave the model's mode as it was.

    Raises:
        ValueError: there are no digits.
    """
    if not len(digits):
        raise ValueError("digits must hold at least one image to evaluate, got none")
    device, was_training = model.head.weight.device, model.training
    model.eval()
    try:
        pairs = [(model(images).cpu(), labels.cpu()) for images, labels in batches(digits, batch_size, device=device)]
    finally:
        model.train(was_training)
    logits, labels = (torch.cat(parts) for parts in zip(*pairs, strict=True))
    table = confusion(labels, logits.argmax(dim=-1), model.config.num_classes)
    return Score(F.cross_entropy(logits, labels).item(), table.diagonal().sum().item() / len(labels), table)


def confusion(labels: Tensor, read: Tensor, num_classes: int) -> Tensor:
    """Count how often each true digit was read as which, (K, K), row = true."""
    return torch.bincount(labels * num_classes + read, minlength=num_classes**2).reshape(num_classes, num_classes)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson 95 % confidence interval for a proportion (Wilson 1927).

    Args:
        share: of the trials that succeeded, in [0, 1].
        count: trials.
    """
    interval = scipy.stats.binomtest(round(share * count), count).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)
