"""Runs of the benchmark, and the figures that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from statistics import median
from typing import Any

POST, BLOG, FAST = WAYS = ("post", "blog", "fast")  # the post's own code, and our two recipes
TARGETS = (0.97, 0.98, 0.99)  # of the test digits read right


@dataclass(frozen=True)
class Run:
    """One training run, finished or not.

    Attributes:
        way: one of `WAYS`.
        epochs: epochs of its schedule; below 1, the share of the images that it sees once.
        precision: precision of its arithmetic.
        seconds: training time until the end of each epoch so far, without evaluation.
        accuracy: test accuracy in [0, 1] after each epoch, None if it was not measured.
        steps: number of steps from which its one epoch is estimated; 0 if it was measured.
    """

    way: str
    seed: int
    epochs: float
    num_params: int
    precision: str = "float32"
    seconds: tuple[float, ...] = ()
    accuracy: tuple[float | None, ...] = ()
    steps: int = 0

    @property
    def key(self) -> tuple[str, int, float]:
        """Identity of the run."""
        return self.way, self.seed, self.epochs

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return len(self.seconds) == ceil(self.epochs)

    def until(self, target: float) -> tuple[float, float] | None:
        """Seconds and epochs to an accuracy: infinite seconds if the run ended below, None if it has not ended."""
        for epoch, accuracy in enumerate(self.accuracy, 1):
            if accuracy is not None and accuracy >= target:
                return self.seconds[epoch - 1], epoch
        return (inf, self.epochs) if self.finished and not self.steps else None


@dataclass(frozen=True)
class Spread:
    """Median, minimum and maximum of one figure over the seeds."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Reach:
    """Time to a target accuracy over the seeds.

    Attributes:
        seconds: infinite if the target was not reached.
        epochs: median.
        accuracy: for `fast` only, test accuracy in [0, 1] of all runs of one length.
    """

    seconds: Spread
    epochs: float
    accuracy: Spread | None = None


def run_from_json(row: dict[str, Any]) -> Run:
    """Make a run of the dictionary that a JSON file has.

    Raises:
        KeyError, TypeError: the dictionary is no run.
    """
    return Run(**{**row, "seconds": tuple(row["seconds"]), "accuracy": tuple(row["accuracy"])})


def spread(values: Sequence[float]) -> Spread:
    """Spread of at least one value."""
    return Spread(median(values), min(values), max(values))


def begun(way: str, runs: Iterable[Run]) -> list[Run]:
    """Runs of one way with at least one epoch."""
    return [run for run in runs if run.way == way and run.seconds]


def by_length(runs: Iterable[Run]) -> dict[float, list[Run]]:
    """Finished runs of `fast` by number of epochs; numbers with fewer seeds than others are left out."""
    lengths: dict[float, list[Run]] = defaultdict(list)
    for run in begun(FAST, runs):
        if run.finished:
            lengths[run.epochs].append(run)
    seeds = max(map(len, lengths.values()), default=0)
    return {epochs: lengths[epochs] for epochs in sorted(lengths) if len(lengths[epochs]) == seeds}


def final_accuracy(runs: Iterable[Run]) -> Spread:
    """Spread of the final test accuracy of finished runs, in [0, 1]."""
    return spread([run.accuracy[-1] or 0.0 for run in runs])


def epoch_seconds(way: str, runs: Iterable[Run]) -> Spread | None:
    """Spread of the seconds of an epoch, the mean of each run; None if there is no epoch."""
    means = [run.seconds[-1] / min(len(run.seconds), run.epochs) for run in begun(way, runs)]
    return spread(means) if means else None


def reach(way: str, target: float, runs: Iterable[Run]) -> Reach | None:
    """Time to an accuracy; None if it is not known.

    The learning rate of `fast` falls to zero at the end of a run. So its time is that of the shortest whole run whose
    median accuracy over the seeds reaches the target. For the others it ends with the first epoch that reaches it.
    """
    if way == FAST:
        return reach_in_whole_runs(target, by_length(runs))
    times = [until for run in begun(way, runs) if (until := run.until(target))]
    if not times:
        return None
    seconds, epochs = zip(*times, strict=True)
    return Reach(spread(seconds), median(epochs))


def reach_in_whole_runs(target: float, lengths: Mapping[float, Sequence[Run]]) -> Reach | None:
    """Time of the shortest runs of `lengths` that reach the target; None without runs."""
    for epochs, runs in lengths.items():
        accuracy = final_accuracy(runs)
        if accuracy.median >= target:
            return Reach(spread([run.seconds[-1] for run in runs]), epochs, accuracy)
    return Reach(Spread(inf, inf, inf), max(lengths)) if lengths else None


def epoch_ratio(runs: Sequence[Run]) -> float | None:
    """Seconds of an epoch of the post's code over those of `blog`; None if one is not known."""
    post, blog = epoch_seconds(POST, runs), epoch_seconds(BLOG, runs)
    return post.median / blog.median if post and blog else None


def times_sooner(target: float, runs: Sequence[Run]) -> tuple[float, bool] | None:
    """Time of the post's code to the target over that of `fast`; None if one is not known.

    If the post's code ends below the target, its whole time counts, and the second value is True: a lower bound.
    """
    ours, theirs = reach(FAST, target, runs), reach(POST, target, runs)
    if not ours or not theirs or ours.seconds.median == inf:
        return None
    if theirs.seconds.median < inf:
        return theirs.seconds.median / ours.seconds.median, False
    end = median(run.seconds[-1] for run in begun(POST, runs) if run.finished)
    return end / ours.seconds.median, True


def share_of_first_epoch(target: float, runs: Sequence[Run]) -> float | None:
    """Time of `fast` to the target over the first epoch of the post's code; None if one is not known."""
    ours, first = reach(FAST, target, runs), [run.seconds[0] for run in begun(POST, runs)]
    return ours.seconds.median / median(first) if ours and first and ours.seconds.median < inf else None
