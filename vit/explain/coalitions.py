"""Every subset of up to sixteen players, as numbers: player i is there when bit i is set."""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import checked_target
from vit.explain.masking import Game, Progress, log_odds

MOST_PLAYERS = 16  # 65,536 subsets


def num_players(values: Tensor) -> int:
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


def read_all(game: Game, progress: Progress | None = None, threads: int = 1) -> Tensor:
    """Return the logits (2**n, K) of all subsets of a game's players: one table answers for every class.

    `threads` share the work, each with one processor core where `torch.set_num_threads(1)` says so.

    Raises:
        ValueError: there are more than `MOST_PLAYERS` players.
    """
    n = len(game.players)
    if n > MOST_PLAYERS:
        raise ValueError(f"all subsets can be read of at most {MOST_PLAYERS} patches, got {n}")
    return game.logits(subsets(n), progress, threads)


def table(game: Game, target: int, progress: Progress | None = None) -> Tensor:
    """Return v (2**n,), the log-odds of `target` for all subsets, in double precision.

    Raises:
        ValueError: there is no such class, or there are more than `MOST_PLAYERS` players.
    """
    target = checked_target(game.model, target)
    return log_odds(read_all(game, progress).double(), target)
