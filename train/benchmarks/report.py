"""Table of the benchmark "time to accuracy", as in docs/results.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from train.benchmarks import results
from train.benchmarks.results import FAST, POST, TARGETS, WAYS, Reach, Run, Spread, begun
from train.cli import grid

TITLES = ("", "the post's code", "`blog`", "`fast`")
NOTE = (
    "Seconds are of learning alone, evaluation is not counted; medians over the seeds, least and most in brackets. "
    "The learning rate of `fast` falls to zero at the end of a run, so the middle of a long run says nothing of a "
    "short one: its time to a target is that of the shortest whole training whose median accuracy has it; one of 0.8 "
    "epochs sees the first 80 % of the images once."
)


def results_table(machine: Mapping[str, Any], images: Sequence[int], runs: Sequence[Run]) -> str:
    """Table in Markdown of the runs on a machine, with the numbers of training and test images."""
    head = f"{machine['processor']}, {count(machine['cores'], 'core')}, {count(machine['threads'], 'thread')}, "
    head += f"torch {machine['torch']}; {images[0]:,} images to learn, {images[1]:,} to test."
    if machine.get("processes", 1) > 1:
        head += f" `fast` learns by {machine['processes']} processes, the others by as many threads."
    return "\n\n".join([head, grid(TITLES, measured(runs)), NOTE, grid(("compared", "times"), compared(runs))])


def measured(runs: Sequence[Run]) -> list[list[str]]:
    """Rows with the parameters, the seeds, the times and the accuracy of each way."""
    ways = [begun(way, runs) for way in WAYS]
    targets = [
        [f"seconds to {percent(target, 0)}", *(reached(results.reach(way, target, runs)) for way in WAYS)]
        for target in TARGETS
    ]
    return [
        ["parameters", *(f"{way[0].num_params:,}" if way else "" for way in ways)],
        ["arithmetic", *(", ".join(sorted({run.precision for run in way})) for way in ways)],
        ["seeds", *(str(len({run.seed for run in way})) for way in ways)],
        ["seconds an epoch", *(an_epoch(way, runs) for way in WAYS)],
        *targets,
        ["test accuracy at the end", *(at_the_end(way, runs) for way in WAYS)],
    ]


def an_epoch(way: str, runs: Sequence[Run]) -> str:
    """Seconds of an epoch; says so if they are an estimate."""
    result = results.epoch_seconds(way, runs)
    steps = max((run.steps for run in begun(way, runs)), default=0)
    return (seconds(result) if result else "not run") + (f", estimated from {steps} steps" if steps else "")


def reached(result: Reach | None) -> str:
    """Seconds and epochs to a target, with the accuracy if it is known."""
    if not result:
        return "not run"
    if result.seconds.median == inf:
        return f"not in {count(result.epochs, 'epoch')}"
    if result.accuracy:
        return f"{seconds(result.seconds)}; {count(result.epochs, 'epoch')}: {percent(result.accuracy.median)}"
    return f"{seconds(result.seconds)}; epoch {result.epochs:g}"


def at_the_end(way: str, runs: Sequence[Run]) -> str:
    """Final test accuracy; for `fast`, of its longest runs."""
    done = [run for run in begun(way, runs) if run.finished and not run.steps]
    if way == FAST and done:
        done = list(results.by_length(runs).values())[-1]
    if not done:
        return "not run"
    result = results.final_accuracy(done)
    ends = f" ({percent(result.low)} to {percent(result.high)})" if result.low < result.high else ""
    return f"{percent(result.median)}{ends}; {count(done[0].epochs, 'epoch')}"


def compared(runs: Sequence[Run]) -> list[list[str]]:
    """Rows that compare our recipes with the post's code."""
    epoch = results.epoch_ratio(runs)
    share = results.share_of_first_epoch(TARGETS[-1], runs)
    estimated = ", estimated" if any(run.steps for run in begun(POST, runs)) else ""
    return [
        ["an epoch: the post's code / `blog`", f"{epoch:.1f}{estimated}" if epoch else "not known"],
        *([f"to {percent(target, 0)}: the post's code / `fast`", sooner(target, runs)] for target in TARGETS),
        [
            f"`fast` to {percent(TARGETS[-1], 0)} / first epoch of the post's code",
            f"{share:.2f}{estimated}" if share else "not known",
        ],
    ]


def sooner(target: float, runs: Sequence[Run]) -> str:
    """How many times sooner `fast` reaches the target."""
    result = results.times_sooner(target, runs)
    if not result:
        return "not known"
    times, at_least = result
    return f"more than {number(times)}" if at_least else number(times)


def seconds(result: Spread) -> str:
    """Median, with minimum and maximum if they differ."""
    one = number(result.low) == number(result.high)
    return number(result.median) if one else f"{number(result.median)} ({number(result.low)}–{number(result.high)})"


def number(value: float) -> str:
    """Number as text, with about three significant digits."""
    if value == inf:
        return "never"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def percent(share: float, digits: int = 2) -> str:
    """Share as a percentage."""
    return f"{100 * share:.{digits}f} %"


def count(number_of: float, unit: str) -> str:
    """Number with its unit in singular or plural."""
    return f"{number_of:g} {unit}{'s' * (number_of != 1)}"
