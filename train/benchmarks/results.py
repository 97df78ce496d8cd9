"""What the benchmark measures, one run after another, and the figures that follow from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from statistics import median

POST, BLOG, FAST = WAYS = ("post", "blog", "fast")  # the post's own code, and our two recipes
TARGETS = (0.97, 0.98, 0.99)  # of the test digits read right


@dataclass(frozen=True)
class Run:
    """One training, perhaps not at its end.

    Attributes:
        way: of `WAYS`.
        epochs: how many its schedule has; below 1, the share of the images that it sees once.
        precision: of its arithmetic.
        seconds: spent learning until the end of each epoch so far, evaluation not counted.
        accuracy: share of the test digits read right after each epoch, None where that was not asked.
        steps: from how many steps its one epoch is estimated; 0 where it was run.
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
        """What tells one run from another."""
        return self.way, self.seed, self.epochs

    @property
    def finished(self) -> bool:
        """Whether all its epochs are done."""
        return len(self.seconds) == ceil(self.epochs)

    def until(self, target: float) -> tuple[float, float] | None:
        """Return the seconds and epochs to `target`; infinite seconds when it ended below, None while that is open."""
        for epoch, accuracy in enumerate(self.accuracy, 1):
            if accuracy is not None and accuracy >= target:
                return self.seconds[epoch - 1], epoch
        return (inf, self.epochs) if self.finished and not self.steps else None


@dataclass(frozen=True)
class Spread:
    """The median of some figures, with the least and the most."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Reach:
    """What a target took over the seeds: seconds, infinite where it was not reached, and epochs.

    `accuracy` is known for `fast` alone, where all runs of one length count.
    """

    seconds: Spread
    epochs: float
    accuracy: Spread | None = None


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of at least one figure."""
    return Spread(median(values), min(values), max(values))


def begun(way: str, runs: Iterable[Run]) -> list[Run]:
    """Return the runs of one way of which at least an epoch is known."""
    return [run for run in runs if run.way == way and run.seconds]


def by_length(runs: Iterable[Run]) -> dict[float, list[Run]]:
    """Sort the finished runs of `fast` by their number of epochs, and leave out a number that lacks seeds."""
    lengths: dict[float, list[Run]] = defaultdict(list)
    for run in begun(FAST, runs):
        if run.finished:
            lengths[run.epochs].append(run)
    seeds = max(map(len, lengths.values()), default=0)
    return {epochs: lengths[epochs] for epochs in sorted(lengths) if len(lengths[epochs]) == seeds}


def final_accuracy(runs: Iterable[Run]) -> Spread:
    """Return the spread of the test accuracy at the end of finished runs, in [0, 1]."""
    return spread([run.accuracy[-1] or 0.0 for run in runs])


def epoch_seconds(way: str, runs: Iterable[Run]) -> Spread | None:
    """Return the seconds that an epoch takes, the mean of each run; None while no epoch is known."""
    means = [run.seconds[-1] / min(len(run.seconds), run.epochs) for run in begun(way, runs)]
    return spread(means) if means else None


def reach(way: str, target: float, runs: Iterable[Run]) -> Reach | None:
    """Return what `target` took; None while that is not known.

    For `fast`, whose learning rate falls to zero at the end of each run, it is the shortest whole training whose
    median accuracy over the seeds has the target; for the others the first epoch after which a run has it.
    """
    if way == FAST:
        return reach_in_whole_runs(target, by_length(runs))
    found = [until for run in begun(way, runs) if (until := run.until(target))]
    if not found:
        return None
    seconds, epochs = zip(*found, strict=True)
    return Reach(spread(seconds), median(epochs))


def reach_in_whole_runs(target: float, lengths: Mapping[float, Sequence[Run]]) -> Reach | None:
    """Return what the shortest of the trainings of `lengths` took that has `target`; None without any."""
    for epochs, runs in lengths.items():
        accuracy = final_accuracy(runs)
        if accuracy.median >= target:
            return Reach(spread([run.seconds[-1] for run in runs]), epochs, accuracy)
    return Reach(Spread(inf, inf, inf), max(lengths)) if lengths else None


def epoch_ratio(runs: Sequence[Run]) -> float | None:
    """Return how many epochs of `blog` one of the post's code takes; None while that is not known."""
    post, blog = epoch_seconds(POST, runs), epoch_seconds(BLOG, runs)
    return post.median / blog.median if post and blog else None


def times_sooner(target: float, runs: Sequence[Run]) -> tuple[float, bool] | None:
    """Return how many times sooner `fast` has `target` than the post's code; None while that is not known.

    Where the post's code ends below, it is the least that it can be, reckoned to that end, and the second is True.
    """
    ours, theirs = reach(FAST, target, runs), reach(POST, target, runs)
    if not ours or not theirs or ours.seconds.median == inf:
        return None
    if theirs.seconds.median < inf:
        return theirs.seconds.median / ours.seconds.median, False
    end = median(run.seconds[-1] for run in begun(POST, runs) if run.finished)
    return end / ours.seconds.median, True


def share_of_first_epoch(target: float, runs: Sequence[Run]) -> float | None:
    """Return the time of `fast` to `target` in first epochs of the post's code; None while that is not known."""
    ours, first = reach(FAST, target, runs), [run.seconds[0] for run in begun(POST, runs)]
    return ours.seconds.median / median(first) if ours and first and ours.seconds.median < inf else None
