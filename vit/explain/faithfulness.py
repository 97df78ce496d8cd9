"""Faithfulness of an explanation map: deletion and insertion, scaled between a random and the best order.

Deletion removes the patches in the order of the map, the most important first; insertion adds them in that order. Both
are the mean of the log-odds v along the order. With a table of all subsets, the random and the best order are exact:
0 is chance, 1 is the best, below 0 is worse than chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor

from vit.explain.coalitions import num_maskable, sizes
from vit.explain.decisive_sets import lowest_order
from vit.explain.shapley import shapley_values


@dataclass(frozen=True)
class Faithfulness:
    """Faithfulness of one map of one image; nan where it is undefined, such as for an image without ink.

    Attributes:
        deletion: 0 = a random order, 1 = the best order.
        insertion: the same, adding patches.
        rank: Spearman's correlation with the exact Shapley values, in [-1, 1].
        sign: share of sum |exact| where the map has the right sign, in [0, 1]; nan for maps without sign.
    """

    deletion: float
    insertion: float
    rank: float
    sign: float


@dataclass(frozen=True)
class FaithfulnessScale:
    """Scale for the maps of one masked model.

    Attributes:
        exact: (n,), the Shapley values.
        random: mean of v along an insertion order, over all orders.
        lowest: mean of v along the lowest order; reversed, it is the best deletion.
        highest: mean of v along the highest order, the best insertion.
        mean: computes the mean of v for scores (n,), the highest score inserted first.
    """

    exact: Tensor
    random: float
    lowest: float
    highest: float
    mean: Callable[[Tensor], float]

    def score(self, scores: Tensor, *, signed: bool) -> Faithfulness:
        """Compute the faithfulness of scores (n,), one for each maskable patch.

        Deleting the highest first visits the same sets as inserting the lowest first.
        """
        deleted, inserted = self.mean(-scores), self.mean(scores)
        return Faithfulness(
            deletion=share(self.random - deleted, self.random - self.lowest),
            insertion=share(inserted - self.random, self.highest - self.random),
            rank=spearman(scores, self.exact),
            sign=sign_agreement(scores, self.exact) if signed else nan,
        )


def faithfulness_scale(values: Tensor) -> FaithfulnessScale:
    """Compute the exact faithfulness scale from the log-odds of all subsets (2**n,)."""
    values = values.double()

    def mean(scores: Tensor) -> float:
        return mean_over(insertion_curve(values, scores))

    return FaithfulnessScale(
        exact=shapley_values(values),
        random=mean(torch.zeros(num_maskable(values))),
        lowest=mean(ranked(lowest_order(values))),
        highest=mean(ranked(lowest_order(-values))),
        mean=mean,
    )


def insertion_curve(values: Tensor, scores: Tensor) -> Tensor:
    """Return v (n + 1,) while patches are inserted, the highest of the scores (n,) first.

    For tied scores, v is the exact mean over all orders of the ties.
    """
    curve, visible = [values[:1]], 0
    for level in scores.unique().flip(0):
        tied = (scores == level).nonzero()[:, 0]
        parts = sum_of_bits(tied)  # (2**m,), the subsets of the tied patches
        size = sizes(len(tied))
        means = values.new_zeros(len(tied) + 1).index_add(0, size, values[visible + parts]) / size.bincount()
        curve.append(means[1:])
        visible += int(parts[-1])
    return torch.cat(curve)


def ranked(order: Tensor) -> Tensor:
    """Return scores (n,) that sort the patches into this order (n,)."""
    return -order.argsort().double()


def sum_of_bits(patches: Tensor) -> Tensor:
    """Return all subsets of these patches (m,) as numbers, bit i for patch i, (2**m,); the last has them all."""
    subsets = torch.zeros(1, dtype=torch.long)
    for patch in patches:
        subsets = torch.cat([subsets, subsets + (1 << patch)])
    return subsets


def mean_over(curve: Tensor) -> float:
    """Mean of a curve (n + 1,) by the trapezoidal rule; of a single point, its value."""
    return float(torch.trapezoid(curve) / (len(curve) - 1)) if len(curve) > 1 else float(curve[0])


def share(part: float, whole: float) -> float:
    """Divide a part by the whole; nan if the whole is only rounding error."""
    return part / whole if abs(whole) > 1e-9 else nan


def spearman(one: Tensor, other: Tensor) -> float:
    """Spearman rank correlation of (n,) and (n,), equal values at their mean rank; nan if either has no two ranks."""
    if min(len(one.unique()), len(other.unique())) < 2:
        return nan
    return float(torch.corrcoef(torch.stack([mean_ranks(one), mean_ranks(other)]))[0, 1])


def mean_ranks(scores: Tensor) -> Tensor:
    """Return the ranks (n,) of scores (n,) from 0 on, equal ones at the mean of theirs.

    By comparing all pairs, which are few: `scipy.stats` would take 45 MB of the page's memory.
    """
    lower, equal = scores[None] < scores[:, None], scores[None] == scores[:, None]  # (n, n)
    return lower.double().sum(1) + (equal.double().sum(1) - 1) / 2


def sign_agreement(scores: Tensor, exact: Tensor) -> float:
    """Share of sum |exact| over the patches whose score has the sign of the exact value, in [0, 1]."""
    mass = exact.abs()
    return share(float(mass[scores.sign() == exact.sign()].sum()), float(mass.sum()))
