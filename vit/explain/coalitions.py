"""Every subset of up to sixteen players, as numbers: player i is there when bit i is set."""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import checked_target
from vit.explain.masking import MaskedModel, Progress, log_odds

MAX_MASKABLE = 16  # 65,536 subsets


def num_maskable(values: Tensor) -> int:
    """Return n of a table (2**n, ...).

    Raises:
        ValueError: the table's length is no power of two.
    """
    n = len(values).bit_length() - 1
    if len(values) != 2**n:
        raise ValueError(f"a table of all subsets must have 2**n rows, got {len(values)}")
    return n


def subsets(n: int) -> Tensor:
    """Return all subsets of n players as rows of True and False, (2**n, n)."""
    return (torch.arange(2**n)[:, None] >> torch.arange(n)) & 1 == 1


def sizes(n: int) -> Tensor:
    """Return how many players each subset has, (2**n,)."""
    return subsets(n).sum(dim=1)


def read_all(masked: MaskedModel, progress: Progress | None = None, threads: int = 1) -> Tensor:
    """Return the logits (2**n, K) of all subsets of a masked model's players: one table answers for every class.

    `threads` share the work, each with one processor core where `torch.set_num_threads(1)` says so.

    Raises:
        ValueError: there are more than `MAX_MASKABLE` players.
    """
    n = len(masked.maskable)
    if n > MAX_MASKABLE:
        raise ValueError(f"all subsets can be read of at most {MAX_MASKABLE} patches, got {n}")
    return masked.logits(subsets(n), progress, threads)


def table(masked: MaskedModel, target: int, progress: Progress | None = None) -> Tensor:
    """Return v (2**n,), the log-odds of `target` for all subsets, in double precision.

    Raises:
        ValueError: there is no such class, or there are more than `MAX_MASKABLE` players.
    """
    target = checked_target(masked.model, target)
    return log_odds(read_all(masked, progress).double(), target)
