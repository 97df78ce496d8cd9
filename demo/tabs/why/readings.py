"""Readings with missing patches, which take seconds: done in the background while the page asks how far they are."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from time import monotonic, perf_counter

from torch import Tensor

from demo.background import Background, Task
from train.evaluation.predictions import Report
from vit.explain.coalitions import logits_of_all_subsets
from vit.explain.masking import MaskedModel
from vit.explain.shapley import estimate

STORED_TABLES = 16  # of 2.6 MB each; an older one is read again on request
STORED_ESTIMATES = 64  # of 20 kB each
WAITING = 32  # readings in the queue, at most: nobody should wait for minutes
THREADS = 2  # read a table, which takes seconds; the system still lets a pen in between
IDLE = 3.0  # seconds without a question, after which a reading is dropped; the page asks three times a second
PAIRS = 24  # of random orders in an estimate


@dataclass(frozen=True, eq=False)
class Table:
    """The logits (2**n, K) of all subsets, and the milliseconds that they took."""

    logits: Tensor
    ms: int


@dataclass(frozen=True, eq=False)
class Estimate:
    """Estimated Shapley values (n,), their standard errors, and the milliseconds that they took.

    Attributes:
        none: v of no patch.
        all: v of all patches.
        readings: how many sets of patches the model has read.
    """

    values: Tensor
    error: Tensor
    none: float
    all: float
    readings: int
    ms: int


class Readings:
    """Read tables and estimates in the background: one table and one estimate at a time.

    Args:
        clock: gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        failed = "The patches could not be compared"
        self._tables = Background(clock, stored=STORED_TABLES, waiting=WAITING, idle=IDLE, failed=failed)
        self._estimates = Background(clock, stored=STORED_ESTIMATES, waiting=WAITING, idle=IDLE, failed=failed)

    def table(self, name: Hashable, masked: MaskedModel) -> Task:
        """Return the progress of the table called `name`; its `value` is a `Table`. Errors as in `Background.ask`."""
        return self._tables.ask(name, partial(read_table, masked))

    def estimate(self, name: Hashable, masked: MaskedModel, target: int) -> Task:
        """Return the progress of an estimate for `target`; its `value` is an `Estimate`. Errors as in `table`."""
        return self._estimates.ask((name, masked.mask_mode, target), partial(estimate_values, masked, target))


def read_table(masked: MaskedModel, report: Report) -> Table:
    """Read all subsets of a masked model's patches."""
    start = perf_counter()
    logits = logits_of_all_subsets(masked, report, THREADS)
    return Table(logits, milliseconds_since(start))


def estimate_values(masked: MaskedModel, target: int, report: Report) -> Estimate:
    """Estimate the Shapley values of a masked model from `PAIRS` of random orders."""
    start = perf_counter()
    result = estimate(masked, target, PAIRS, progress=report)
    none, everything = result.curves[0, [0, -1]].tolist()
    return Estimate(result.values, result.error, none, everything, result.curves.numel(), milliseconds_since(start))


def num_readings(masked: MaskedModel) -> int:
    """Count the sets of patches that an estimate reads: along each order, from no patch to all."""
    return 2 * PAIRS * (len(masked.maskable) + 1)


def milliseconds_since(start: float) -> int:
    """Return the milliseconds since `start`, a value of `perf_counter`."""
    return round(1000 * (perf_counter() - start))
