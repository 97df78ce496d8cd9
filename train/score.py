"""Loss, accuracy, its confidence interval and the confusion matrix of a model on a set of images."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from train.data.dataset import Digits, batches
from train.families.network import Classifier

DEVIATIONS = 1.96  # standard deviations of an interval of 95 %
EVALUATED_AT_ONCE = 250  # images; with patches of 2, attention (B, h, 197, 197) of more would not fit small machines


@dataclass(frozen=True)
class Score:
    """Quality of a model on a set of images.

    Attributes:
        loss: mean cross entropy, nats.
        accuracy: share of right predictions, in [0, 1].
        confusion: (K, K) counts on the CPU, row = label, column = prediction.
    """

    loss: float
    accuracy: float
    confusion: Tensor


def evaluate(model: Classifier, digits: Digits, batch_size: int = EVALUATED_AT_ONCE) -> Score:
    """Score a model on all digits; mode and errors as in `read_all`."""
    return score_of(*read_all(model, digits, batch_size))


@torch.inference_mode()
def read_all(model: Classifier, digits: Digits, batch_size: int = EVALUATED_AT_ONCE) -> tuple[Tensor, Tensor]:
    """Return the logits (n, K) of a model in evaluation mode and the labels (n,) of all digits, on the CPU.

    The model's own mode stays as it was.

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
    return logits, labels


def score_of(logits: Tensor, labels: Tensor) -> Score:
    """Score logits (n, K), or log-probabilities, for digits with these labels (n,)."""
    table = confusion_matrix(labels, logits.argmax(dim=-1), logits.shape[-1])
    return Score(F.cross_entropy(logits, labels).item(), table.diagonal().sum().item() / len(labels), table)


def confusion_matrix(labels: Tensor, predictions: Tensor, num_classes: int) -> Tensor:
    """Confusion matrix (K, K) of labels and predictions (n,), row = label."""
    pairs = labels * num_classes + predictions  # (n,)
    return torch.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson 95 % confidence interval for a proportion (Wilson 1927), without the 45 MB that `scipy.stats` takes.

    Args:
        share: of successes, in [0, 1].
        count: number of trials.
    """
    share, square = round(share * count) / count, DEVIATIONS**2 / count
    centre, half = share + square / 2, sqrt(square * (share * (1 - share) + square / 4))
    return max(0.0, (centre - half) / (1 + square)), min(1.0, (centre + half) / (1 + square))
