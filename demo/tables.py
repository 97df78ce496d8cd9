"""Tables of all subsets, read one after another in the background while the page asks how far they are."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from math import inf
from time import perf_counter

from torch import Tensor

from demo.background import Background, Task
from train.reading import Report
from vit.explain.game import Game
from vit.explain.subsets import read_all

KEPT = 16  # tables, of 2.6 MB each; whoever asks for an older one again waits again
WAITING = 32  # at most, so that nobody waits for minutes


@dataclass(frozen=True, eq=False)
class Table:
    """The logits (2**n, K) of all subsets, and the milliseconds that they took."""

    logits: Tensor
    ms: int


class Tables:
    """Reads tables, one at a time, and keeps the latest; one that was begun is read to its end."""

    def __init__(self) -> None:
        self._background = Background(kept=KEPT, waiting=WAITING, idle=inf, failed="The patches could not be compared")

    def ask(self, name: Hashable, game: Game) -> Task:
        """Return how far the table called `name` is, of which the `value` is a `Table`; as `Background.ask`."""
        return self._background.ask(name, partial(read, game))


def read(game: Game, report: Report) -> Table:
    """Read the table of a game."""
    start = perf_counter()
    logits = read_all(game, report)
    return Table(logits, round(1000 * (perf_counter() - start)))
