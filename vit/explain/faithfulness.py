"""How true a map is: measured against what the model does when patches go or come, on a scale whose ends are exact.

Take the patches away in a map's order, the most important first: the sooner the log-odds fall, the better the map
(deletion). Put them in by the same order: the sooner they rise, the better (insertion). Both are means of v over the
way, and mean little by themselves. With all subsets in a table, a random order and the best possible one are known
exactly: 0 is chance, 1 cannot be beaten, below 0 is worse than chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import scipy  # scipy.stats, slow to import, loads on first use
import torch
from torch import Tensor

from vit.explain.coalitions import num_maskable, sizes
from vit.explain.decisive_sets import lowest_order
from vit.explain.shapley import shapley_values


@dataclass(frozen=True)
class Faithfulness:
    """How true one map is of one image; nan where nothing can be told, such as of an image without ink.

    Attributes:
        deletion: 0 = a random order, 1 = the best there is.
        insertion: the same for putting patches in.
        rank: Spearman's correlation with the exact Shapley values, in [-1, 1].
        sign: share of the exact values' mass whose sign the map has right, in [0, 1]; nan for maps without sign.
    """

    deletion: float
    insertion: float
    rank: float
    sign: float


@dataclass(frozen=True)
class FaithfulnessScale:
    """What maps of one masked model are measured by.

    Attributes:
        exact: (n,), the Shapley values.
        random: mean of v over the way from nobody to all, over all orders.
        lowest: the same over the order for which it is lowest, which backwards is the best deletion.
        highest: over the order for which it is highest, the best insertion.
        mean: gives it for a map's scores (n,), players of high score joining first.
    """

    exact: Tensor
    random: float
    lowest: float
    highest: float
    mean: Callable[[Tensor], float]

    def score(self, scores: Tensor, *, signed: bool) -> Faithfulness:
        """Measure a map's scores (n,), one for each player.

        Taking players away, the highest first, passes through the same sets as letting them join, the lowest first.
        """
        deleted, inserted = self.mean(-scores), self.mean(scores)
        return Faithfulness(
            deletion=share(self.random - deleted, self.random - self.lowest),
            insertion=share(inserted - self.random, self.highest - self.random),
            rank=spearman(scores, self.exact),
            sign=sign_agreement(scores, self.exact) if signed else nan,
        )


def faithfulness_scale(values: Tensor) -> FaithfulnessScale:
    """Return the exact faithfulness_scale of a masked model whose v is `values` (2**n,)."""
    values = values.double()

    def mean(scores: Tensor) -> float:
        return mean_over(joining(values, scores))

    return FaithfulnessScale(
        exact=shapley_values(values),
        random=mean(torch.zeros(num_maskable(values))),
        lowest=mean(ranked(lowest_order(values))),
        highest=mean(ranked(lowest_order(-values))),
        mean=mean,
    )


def joining(values: Tensor, scores: Tensor) -> Tensor:
    """Return v (n + 1,) from nobody to all as players join, the highest of the scores (n,) first.

    Players of equal score join in random order, and v is the exact mean over it.
    """
    curve, joined = [values[:1]], 0
    for level in scores.unique().flip(0):
        tied = (scores == level).nonzero()[:, 0]
        parts = sum_of_bits(tied)  # (2**m,), the subsets of the tied players
        size = sizes(len(tied))
        means = values.new_zeros(len(tied) + 1).index_add(0, size, values[joined + parts]) / size.bincount()
        curve.append(means[1:])
        joined += int(parts[-1])
    return torch.cat(curve)


def ranked(order: Tensor) -> Tensor:
    """Return scores (n,) by which the players come in this order (n,)."""
    return -order.argsort().double()


def sum_of_bits(players: Tensor) -> Tensor:
    """Return all subsets of these players (m,) as numbers, bit i for player i, (2**m,); the last has them all."""
    subsets = torch.zeros(1, dtype=torch.long)
    for player in players:
        subsets = torch.cat([subsets, subsets + (1 << player)])
    return subsets


def mean_over(curve: Tensor) -> float:
    """Return the area under a curve (n + 1,) over [0, 1], by trapezoids; of a single point its height."""
    return float(torch.trapezoid(curve) / (len(curve) - 1)) if len(curve) > 1 else float(curve[0])


def share(part: float, whole: float) -> float:
    """Return a part as a share, nan of what is nothing but rounding."""
    return part / whole if abs(whole) > 1e-9 else nan


def spearman(one: Tensor, other: Tensor) -> float:
    """Spearman rank correlation of (n,) and (n,), equal values at their mean rank; nan if either has no two ranks."""
    if min(len(one.unique()), len(other.unique())) < 2:
        return nan
    return float(scipy.stats.spearmanr(one.cpu(), other.cpu()).statistic)


def sign_agreement(scores: Tensor, exact: Tensor) -> float:
    """Return which share of sum |exact| lies on players whose score has the sign of the exact value."""
    mass = exact.abs()
    return share(float(mass[scores.sign() == exact.sign()].sum()), float(mass.sum()))
