"""Fit the temperature of a model's probabilities."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

TEMPERATURES = tuple(math.exp(at / 100) for at in range(-160, 161))  # 0.2 to 5, in steps of one per cent


def temperature(logits: Tensor, labels: Tensor) -> float:
    """Temperature with the lowest cross-entropy of logits (n, K) and labels (n,) (Guo et al. 2017, section 4.2)."""
    losses = [F.cross_entropy(logits / value, labels).item() for value in TEMPERATURES]
    return TEMPERATURES[losses.index(min(losses))]
