"""All subsets of up to 16 maskable patches, as numbers: bit i is set when patch i is visible."""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import checked_target
from vit.explain.masking import MaskedModel, Progress, log_odds

MAX_MASKABLE = 16  # 65,536 subsets


def num_maskable(values: Tensor) -> int:
    """Return the number of maskable patches n for a table (2**n, ...) of all subsets.

    Raises:
        ValueError: the length of the table is not a power of two.
    """
    n = len(values).bit_length() - 1
    if len(values) != 2**n:
        raise ValueError(f"a table of all subsets must have 2**n rows, got {len(values)}")
    return n


def subsets(n: int) -> Tensor:
    """Return all subsets of n patches, (2**n, n) bool."""
    return (torch.arange(2**n)[:, None] >> torch.arange(n)) & 1 == 1


def sizes(n: int) -> Tensor:
    """Return the number of patches in each subset, (2**n,)."""
    return subsets(n).sum(dim=1)


def logits_of_all_subsets(masked: MaskedModel, progress: Progress | None = None, threads: int = 1) -> Tensor:
    """Return the logits (2**n, K) for all subsets of the maskable patches.

    Args:
        progress: called with the subsets done and their total number.
        threads: number of threads that share the work.

    Raises:
        ValueError: there are more than `MAX_MASKABLE` maskable patches.
    """
    n = len(masked.maskable)
    if n > MAX_MASKABLE:
        raise ValueError(f"all subsets can be read of at most {MAX_MASKABLE} patches, got {n}")
    return masked.logits(subsets(n), progress, threads)


def log_odds_table(masked: MaskedModel, target: int, progress: Progress | None = None) -> Tensor:
    """Return the log-odds of `target` for all subsets, (2**n,) float64, in nats.

    Raises:
        ValueError: there is no such class, or there are more than `MAX_MASKABLE` maskable patches.
    """
    target = checked_target(masked.model, target)
    return log_odds(logits_of_all_subsets(masked, progress).double(), target)
