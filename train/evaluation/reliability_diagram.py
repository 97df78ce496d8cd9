"""Reliability diagram and expected calibration error: are 90 % of the predictions with confidence 0.9 right?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BINS = 15  # of equal width: (0, 1/15] ... (14/15, 1]


@dataclass(frozen=True, eq=False)
class ReliabilityDiagram:
    """Predictions in bins of confidence (Guo et al. 2017, section 2).

    Attributes:
        counts: (BINS,), predictions in each bin.
        confidence: (BINS,), their mean confidence in [0, 1], 0 in an empty bin.
        right: (BINS,), the share of right ones in [0, 1], 0 in an empty bin.
    """

    counts: Tensor
    confidence: Tensor
    right: Tensor

    @property
    def error(self) -> float:
        """Expected calibration error, in [0, 1] (Guo et al. 2017, eq. 3)."""
        return ((self.counts * (self.confidence - self.right).abs()).sum() / self.counts.sum()).item()


def sort_into_bins(confidence: Tensor, right: Tensor, bins: Tensor | None = None) -> ReliabilityDiagram:
    """Reliability diagram of n predictions.

    Args:
        confidence: (n,) in [0, 1].
        right: (n,) bool, which predictions are right.
        bins: (n,), the bin of each, in [0, BINS); None for bins of equal width.
    """
    bins = width_bins(confidence) if bins is None else bins
    counts, sums, hits = (
        torch.zeros(BINS, dtype=torch.double).index_add(0, bins, values.double())
        for values in (torch.ones_like(confidence), confidence, right)
    )
    return ReliabilityDiagram(counts.long(), sums / counts.clamp(min=1), hits / counts.clamp(min=1))


def width_bins(confidence: Tensor) -> Tensor:
    """Bin (n,) of each confidence (n,) in [0, 1], as an index in [0, BINS)."""
    return (confidence * BINS).ceil().clamp(1, BINS).long() - 1


def calibration_errors(probs: Tensor, right: Tensor) -> dict[str, float]:
    """Expected calibration errors of probabilities (n, K), over bins of equal width and of equal count."""
    confidence = probs.amax(dim=-1)
    counts = confidence.argsort(stable=True).argsort() * BINS // len(confidence)  # (n,)
    return {
        "equal_width": sort_into_bins(confidence, right).error,
        "adaptive": sort_into_bins(confidence, right, counts).error,
    }
