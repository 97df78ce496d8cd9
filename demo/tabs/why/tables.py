"""Tables of all subsets, read one after another in the background while the page asks how far they are."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from time import monotonic, perf_counter

from torch import Tensor

from demo.background import Background, Task
from train.evaluation.predictions import Report
from vit.explain.coalitions import read_all
from vit.explain.masking import MaskedModel

KEPT = 16  # tables, of 2.6 MB each; whoever asks for an older one again waits again
WAITING = 32  # at most, so that nobody waits for minutes
THREADS = 2  # read a table, which takes seconds; the system still lets a pen in between
IDLE = 3.0  # seconds without a question, after which nobody wants a table any more; the page asks three times a second


@dataclass(frozen=True, eq=False)
class Table:
    """The logits (2**n, K) of all subsets, and the milliseconds that they took."""

    logits: Tensor
    ms: int


class Tables:
    """Reads tables, one at a time, and keeps the latest; one that nobody asks for any more is dropped.

    Args:
        clock: gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        failed = "The patches could not be compared"
        self._background = Background(clock, kept=KEPT, waiting=WAITING, idle=IDLE, failed=failed)

    def ask(self, name: Hashable, masked: MaskedModel) -> Task:
        """Return how far the table called `name` is, of which the `value` is a `Table`; as `Background.ask`."""
        return self._background.ask(name, partial(read, masked))


def read(masked: MaskedModel, report: Report) -> Table:
    """Read the table of a masked."""
    start = perf_counter()
    logits = read_all(masked, report, THREADS)
    return Table(logits, round(1000 * (perf_counter() - start)))
