"""Best deletion order and smallest decisive sets of patches, from a table of all subsets."""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.coalitions import num_maskable, sizes, subsets


def lowest_order(values: Tensor) -> Tensor:
    """Return the insertion order (n,) with the lowest sum of v over all sets on the way.

    Reversed, it is the best deletion order. `lowest_order(-values)` is the best insertion order. Dynamic programming
    over subsets by size: the best path to a set extends the best path to a set with one patch less.
    """
    n = num_maskable(values)
    least, last = values.clone(), torch.zeros(len(values), dtype=torch.long)
    size, members = sizes(n), subsets(n)
    for count in range(1, n + 1):
        sets = (size == count).nonzero()[:, 0]  # (m,)
        before = least[sets[:, None] ^ (1 << torch.arange(n))]  # (m, n), meaningless for patches outside the set
        best, last[sets] = before.masked_fill(~members[sets], torch.inf).min(dim=1)
        least[sets] += best
    order, left = [], len(values) - 1
    while left:
        order.append(int(last[left]))
        left ^= 1 << order[-1]
    return torch.tensor(order[::-1], dtype=torch.long)


def smallest_sufficient(logits: Tensor, target: int) -> int | None:
    """Return the smallest set of visible patches that gives `target`, from logits (2**n, K); None if there is none.

    Ties: the set with the largest margin of the target over the next class.
    """
    return _smallest(sizes(num_maskable(logits)), margin(logits, target))


def smallest_flip(logits: Tensor, target: int) -> int | None:
    """Return the smallest set whose masking changes the answer from `target`, from logits (2**n, K); None if none does.

    Ties: the set that leaves the target furthest behind. 0, the empty set, if the answer is another class anyway.
    """
    n = num_maskable(logits)
    masked = (2**n - 1) ^ torch.arange(2**n)
    return _smallest(sizes(n)[masked], -margin(logits, target), masked)


def margin(logits: Tensor, target: int) -> Tensor:
    """Return the logit margin of `target` over the highest other class, (...,), from logits (..., K)."""
    others = logits.clone()
    others[..., target] = -torch.inf
    return logits[..., target] - others.amax(dim=-1)


def _smallest(size: Tensor, margins: Tensor, names: Tensor | None = None) -> int | None:
    """Return the smallest set with a positive margin, the largest margin first; `names` renumbers the sets."""
    rows = (margins > 0).nonzero()[:, 0]
    if not len(rows):
        return None
    rows = rows[size[rows] == size[rows].min()]
    best = rows[margins[rows].argmax()]
    return int(best if names is None else names[best])


def patches_in(subset: int) -> list[int]:
    """Return the patches of a subset number, ascending."""
    return [patch for patch in range(subset.bit_length()) if subset >> patch & 1]
