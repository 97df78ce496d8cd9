"""The reliability diagram: of the answers that a model is 90 % sure of, how many are right?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BINS = 15  # of one width: (0, 1/15] ... (14/15, 1]


@dataclass(frozen=True, eq=False)
class Diagram:
    """Answers, sorted by how sure the model was of them (Guo et al. 2017, section 2).

    Attributes:
        counts: (BINS,), how many answers each bin has.
        sure: (BINS,), the mean probability of its answers, 0 where there are none.
        right: (BINS,), the share of them that is right, 0 where there are none.
    """

    counts: Tensor
    sure: Tensor
    right: Tensor

    @property
    def error(self) -> float:
        """The expected calibration error, in [0, 1] (Guo et al. 2017, eq. 3)."""
        return ((self.counts * (self.sure - self.right).abs()).sum() / self.counts.sum()).item()


def diagram(sure: Tensor, right: Tensor, bins: Tensor | None = None) -> Diagram:
    """Sort answers into bins.

    Args:
        sure: (n,) in [0, 1], the probabilities of the answers.
        right: (n,), which of them are right.
        bins: (n,), the bin of each, in [0, BINS); None for bins of one width.
    """
    bins = width_bins(sure) if bins is None else bins
    counts, sums, hits = (
        torch.zeros(BINS, dtype=torch.double).index_add(0, bins, values.double())
        for values in (torch.ones_like(sure), sure, right)
    )
    return Diagram(counts.long(), sums / counts.clamp(min=1), hits / counts.clamp(min=1))


def width_bins(sure: Tensor) -> Tensor:
    """Return the bin that each probability (n,) falls into, in [0, BINS)."""
    return (sure * BINS).ceil().clamp(1, BINS).long() - 1


def errors(probs: Tensor, right: Tensor) -> dict[str, float]:
    """Return the calibration errors of probabilities (n, K), over bins of one width and over bins of as many images."""
    sure = probs.amax(dim=-1)
    counts = sure.argsort(stable=True).argsort() * BINS // len(sure)  # (n,)
    return {"equal_width": diagram(sure, right).error, "adaptive": diagram(sure, right, counts).error}
