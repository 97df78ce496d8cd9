"""What a table of all subsets knows besides shares: the best orders, and the sets of patches that decide."""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.coalitions import num_maskable, sizes, subsets


def lowest_order(values: Tensor) -> Tensor:
    """Return the order (n,) in which players join such that v stays lowest: the least sum over all sets on the way.

    Backwards it is the best deletion: who goes first hurts most. `lowest_order(-values)` is the best insertion. Found
    by going through the subsets by size: the best way to a set comes from the best way to one with a player less.
    """
    n = num_maskable(values)
    least, last = values.clone(), torch.zeros(len(values), dtype=torch.long)
    size, members = sizes(n), subsets(n)
    for count in range(1, n + 1):
        sets = (size == count).nonzero()[:, 0]  # (m,)
        before = least[sets[:, None] ^ (1 << torch.arange(n))]  # (m, n), nonsense for who is not a member
        best, last[sets] = before.masked_fill(~members[sets], torch.inf).min(dim=1)
        least[sets] += best
    order, left = [], len(values) - 1
    while left:
        order.append(int(last[left]))
        left ^= 1 << order[-1]
    return torch.tensor(order[::-1], dtype=torch.long)


def smallest_sufficient(logits: Tensor, target: int) -> int | None:
    """Return the smallest set whose answer is `target`, from the logits (2**n, K) of all; None if there is none.

    Of several equally small ones that with the largest lead of the target over the next class.
    """
    return _smallest(sizes(num_maskable(logits)), lead(logits, target))


def smallest_flip(logits: Tensor, target: int) -> int | None:
    """Return the smallest set whose loss changes the answer from `target`; None if no loss does.

    Of several equally small ones that whose loss leaves the target furthest behind. The empty set, 0, when the answer
    is another one to begin with.
    """
    n = num_maskable(logits)
    lost = (2**n - 1) ^ torch.arange(2**n)
    return _smallest(sizes(n)[lost], -lead(logits, target), lost)


def lead(logits: Tensor, target: int) -> Tensor:
    """Return how far the logit of `target` is above the highest other, (...,), from logits (..., K)."""
    others = logits.clone()
    others[..., target] = -torch.inf
    return logits[..., target] - others.amax(dim=-1)


def _smallest(size: Tensor, margin: Tensor, names: Tensor | None = None) -> int | None:
    found = (margin > 0).nonzero()[:, 0]
    if not len(found):
        return None
    found = found[size[found] == size[found].min()]
    best = found[margin[found].argmax()]
    return int(best if names is None else names[best])


def patches_in(subset: int) -> list[int]:
    """Return the players in a set that is given as a number, ascending."""
    return [player for player in range(subset.bit_length()) if subset >> player & 1]
