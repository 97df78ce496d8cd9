"""A meagre diet: few images of each class, or none of some, to see what becomes of a class that was never shown."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from train.data.dataset import Digits


def without(digits: Digits, classes: Sequence[int]) -> Digits:
    """Return `digits`, in their order, but those of some classes."""
    return digits.subset(~torch.isin(digits.labels, torch.tensor(classes, dtype=torch.long))) if classes else digits


def few(digits: Digits, per_class: int, seed: int) -> Digits:
    """Return at most `per_class` images of each class, in the order that they have in `digits`; all of them for 0.

    The seed alone decides which; more of a class hold all that fewer do.
    """
    if not per_class:
        return digits
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))
    chosen = [order[digits.labels[order] == label][:per_class] for label in digits.labels.unique()]
    return digits.subset(torch.cat([order[:0], *chosen]).sort().values)
