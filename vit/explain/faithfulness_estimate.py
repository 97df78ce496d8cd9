"""A faithfulness_scale for more players than a table holds, from a sample of orders and a search for the best one.

The search does not see everything, so better orders may exist: a score of 1 means "as good as the best that was found",
and a map can be above it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import checked_target
from vit.explain.faithfulness import FaithfulnessScale, mean_over
from vit.explain.masking import MaskedModel, log_odds
from vit.explain.shapley import PAIRS, along, estimate

TIES = 8  # random orders of players with equal score
BEAM = 4  # sets of each size that the search follows


def estimated_scale(masked: MaskedModel, target: int, pairs: int = PAIRS) -> FaithfulnessScale:
    """Return a faithfulness_scale of a masked model with any number of players; errors as in `estimate`."""
    target = checked_target(masked.model, target)
    found = estimate(masked, target, pairs)

    def mean(scores: Tensor) -> float:
        orders = orders_by(scores)
        return mean_over(along(masked, orders, target).mean(dim=0))

    best_insertion = best_order(masked, target, joining=True)
    best_deletion = best_order(masked, target, joining=False)
    by_share = found.values.argsort(descending=True)
    lows = along(masked, torch.stack([best_deletion.flip(0), by_share.flip(0)]), target)
    highs = along(masked, torch.stack([best_insertion, by_share]), target)
    return FaithfulnessScale(
        exact=found.values,
        random=mean_over(found.curves.mean(dim=0)),
        lowest=min(mean_over(curve) for curve in lows),
        highest=max(mean_over(curve) for curve in highs),
        mean=mean,
    )


def orders_by(scores: Tensor) -> Tensor:
    """Return orders (M, n), the highest score first; several, with their ties broken at random, if there are any."""
    n = len(scores)
    generator = torch.Generator().manual_seed(0)
    count = 1 if len(scores.unique()) == n else TIES
    shuffled = torch.stack([torch.randperm(n, generator=generator) for _ in range(count)])  # (M, n)
    return shuffled.gather(1, scores[shuffled].argsort(dim=1, descending=True, stable=True))


def best_order(masked: MaskedModel, target: int, *, joining: bool) -> Tensor:
    """Return the best order (n,) found: of joining, for the highest mean of v; of leaving, for the lowest.

    A beam search: of all sets that one step leads to, the few with the best sum of v so far are followed.
    """
    n, sign = len(masked.maskable), 1 if joining else -1
    present = torch.full((1, n), not joining)
    orders, worth = torch.zeros(1, 0, dtype=torch.long), torch.zeros(1).double()
    for _ in range(n):
        way, player = (present != joining).nonzero(as_tuple=True)  # each set with each player who may still move
        after = present[way]
        after[torch.arange(len(way)), player] = joining
        sets, which = after.unique(dim=0, return_inverse=True)
        values = sign * log_odds(masked.logits(sets).double(), target)
        sums = worth[way] + values[which]
        best = first_of_each(which, sums)[:BEAM]
        present, worth = after[best], sums[best]
        orders = torch.cat([orders[way[best]], player[best, None]], dim=1)
    return orders[0]


def first_of_each(which: Tensor, worth: Tensor) -> Tensor:
    """Return for each set, named by `which` (m,), the way to it that is worth most: the best of all first."""
    ordered = worth.argsort(descending=True, stable=True)
    seen: set[int] = set()
    return torch.tensor([int(i) for i in ordered if int(which[i]) not in seen and not seen.add(int(which[i]))])
