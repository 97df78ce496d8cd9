"""Faithfulness scale for more than 16 patches, from random orders and a beam search for the best order.

The search is not exhaustive: a score of 1 means "as good as the best order of the search", and a map can exceed it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import checked_target
from vit.explain.faithfulness import FaithfulnessScale, mean_over
from vit.explain.masking import MaskedModel, log_odds
from vit.explain.shapley import PAIRS, estimate, log_odds_along

TIES = 8  # random orders for tied scores
BEAM = 4  # sets of each size that the search follows


def estimated_scale(masked: MaskedModel, target: int, pairs: int = PAIRS) -> FaithfulnessScale:
    """Estimate the faithfulness scale of a masked model with any number of patches; errors as in `estimate`."""
    target = checked_target(masked.model, target)
    sample = estimate(masked, target, pairs)

    def mean(scores: Tensor) -> float:
        orders = orders_by(scores)
        return mean_over(log_odds_along(masked, orders, target).mean(dim=0))

    best_insertion = best_order(masked, target, insert=True)
    best_deletion = best_order(masked, target, insert=False)
    by_value = sample.values.argsort(descending=True)
    lows = log_odds_along(masked, torch.stack([best_deletion.flip(0), by_value.flip(0)]), target)
    highs = log_odds_along(masked, torch.stack([best_insertion, by_value]), target)
    return FaithfulnessScale(
        exact=sample.values,
        random=mean_over(sample.curves.mean(dim=0)),
        lowest=min(mean_over(curve) for curve in lows),
        highest=max(mean_over(curve) for curve in highs),
        mean=mean,
    )


def orders_by(scores: Tensor) -> Tensor:
    """Return orders (M, n), the highest score first; M > 1, with ties in random order, if there are ties."""
    n = len(scores)
    generator = torch.Generator().manual_seed(0)
    count = 1 if len(scores.unique()) == n else TIES
    shuffled = torch.stack([torch.randperm(n, generator=generator) for _ in range(count)])  # (M, n)
    return shuffled.gather(1, scores[shuffled].argsort(dim=1, descending=True, stable=True))


def best_order(masked: MaskedModel, target: int, *, insert: bool) -> Tensor:
    """Search the best order (n,): of insertion, for the highest mean of v; of deletion, for the lowest.

    Beam search: each step keeps the `BEAM` sets with the best sum of v so far.
    """
    n, sign = len(masked.maskable), 1 if insert else -1
    present = torch.full((1, n), not insert)
    orders, worth = torch.zeros(1, 0, dtype=torch.long), torch.zeros(1).double()
    for _ in range(n):
        source, patch = (present != insert).nonzero(as_tuple=True)  # each set with each patch that can still change
        after = present[source]
        after[torch.arange(len(source)), patch] = insert
        sets, which = after.unique(dim=0, return_inverse=True)
        values = sign * log_odds(masked.logits(sets).double(), target)
        sums = worth[source] + values[which]
        best = first_of_each(which, sums)[:BEAM]
        present, worth = after[best], sums[best]
        orders = torch.cat([orders[source[best]], patch[best, None]], dim=1)
    return orders[0]


def first_of_each(which: Tensor, worth: Tensor) -> Tensor:
    """Return the row of the best path to each set `which` (m,), by `worth` (m,), the best first."""
    ordered = worth.argsort(descending=True, stable=True)
    done: set[int] = set()
    return torch.tensor([int(i) for i in ordered if int(which[i]) not in done and not done.add(int(which[i]))])
