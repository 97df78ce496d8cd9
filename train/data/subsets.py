"""Subsample the training set: limit or exclude classes."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from train.data.dataset import Digits


def exclude_classes(digits: Digits, classes: Sequence[int]) -> Digits:
    """Digits without those of some classes, in their order."""
    return digits.subset(~torch.isin(digits.labels, torch.tensor(classes, dtype=torch.long))) if classes else digits


def limit_per_class(digits: Digits, per_class: int, seed: int) -> Digits:
    """At most `per_class` random images of each class, in their order; all images for 0.

    The seed alone decides; a larger number has all images of a smaller one.
    """
    if not per_class:
        return digits
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))
    chosen = [order[digits.labels[order] == label][:per_class] for label in digits.labels.unique()]
    return digits.subset(torch.cat([order[:0], *chosen]).sort().values)
