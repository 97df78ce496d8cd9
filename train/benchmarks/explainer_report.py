"""Errors of an explainer and of the estimate over many digits, as tables with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from statistics import median

from train.benchmarks.faithfulness_report import interval
from train.cli import grid, this_machine

PAIRS = (1, 2, 4, 8, 16, 24)  # of orders in an estimate; tab Why takes 24
EXPLAINER, SAME_TIME, GRADIENTS = "explainer", "estimate, the same time", "integrated gradients"


@dataclass(frozen=True)
class Compared:
    """Error of one method's values of one digit, for the predicted class.

    Attributes:
        patches: maskable patches n.
        exact: whether the reference is exact.
        calls: sets of patches that the model reads; images, for a method without sets.
        ms: milliseconds of processor time.
        error: mean squared error of a patch, without the variance of the reference, in nats squared.
        size: mean square of a value, likewise.
        rank: Spearman's correlation with the reference; None without two ranks.
        sign: share of the reference's mass that has the right sign.
    """

    model: str
    digit: int
    mask_mode: str
    method: str
    patches: int
    exact: bool
    calls: int
    ms: float
    error: float
    size: float
    rank: float | None
    sign: float | None


def pairs_title(pairs: int) -> str:
    """Title of an estimate."""
    return f"estimate, {pairs} pair{'s' if pairs > 1 else ''} of orders"


def by_method(results: Sequence[Compared]) -> dict[str, list[Compared]]:
    """Group results by their method."""
    groups: dict[str, list[Compared]] = {}
    for one in results:
        groups.setdefault(one.method, []).append(one)
    return groups


def table(results: Sequence[Compared]) -> str:
    """Table in Markdown: one row for each method."""
    groups = by_method(results)
    once = mean_of(groups[EXPLAINER], lambda one: one.ms)
    head = ["method", "calls", "time, times one pass of the explainer", "error, nats", "of the values' square"]
    return grid([*head, "rank agreement", "sign agreement"], [cells(*pair, once) for pair in groups.items()])


def cells(method: str, group: Sequence[Compared], once: float) -> list[str]:
    """Cells of one method, means over the digits; the error is the root of a mean square."""
    low, high = (max(0.0, end) ** 0.5 for end in interval(one.error for one in group)[1:])
    error = mean_of(group, lambda one: one.error)
    return [
        method,
        f"{median(one.calls for one in group):,.0f}",
        f"{mean_of(group, lambda one: one.ms) / once:,.1f}",
        f"{max(0.0, error) ** 0.5:.3f} ({low:.3f} to {high:.3f})",
        f"{100 * error / mean_of(group, lambda one: one.size):.1f} %",
        *(with_interval([nan if value is None else value for value in values]) for values in agreements(group)),
    ]


def agreements(group: Sequence[Compared]) -> list[list[float | None]]:
    """Rank and sign agreements of the digits."""
    return [[one.rank for one in group], [one.sign for one in group]]


def with_interval(values: Sequence[float]) -> str:
    """Mean with its interval as text."""
    return "{:.3f} ({:.3f} to {:.3f})".format(*interval(values))


def mean_of(group: Sequence[Compared], value: Callable[[Compared], float]) -> float:
    """Mean of a number over results."""
    return sum(map(value, group)) / len(group)


def equal_pairs(results: Sequence[Compared]) -> float:
    """Pairs of orders that an estimate needs for the error of the explainer: k pairs have 1 / k of the error of one."""
    groups = by_method(results)
    one_pair = sum(k * mean_of(groups[pairs_title(k)], lambda one: one.error) for k in PAIRS) / len(PAIRS)
    return one_pair / mean_of(groups[EXPLAINER], lambda one: one.error)


def report(results: Sequence[Compared]) -> str:
    """Tables in Markdown, of all digits and of those with exact values, and how many calls the explainer is worth."""
    exact, groups, pairs = [one for one in results if one.exact], by_method(results), equal_pairs(results)
    calls = pairs * mean_of(groups[pairs_title(1)], lambda one: one.calls)
    once = f"{mean_of(groups[EXPLAINER], lambda one: one.ms):.1f} ms"
    lines = [
        f"{results[0].model}, {results[0].mask_mode}, {len(groups[EXPLAINER])} digits. {table_note(once)}",
        table(results),
        f"The estimate has the error of the explainer with {pairs:.1f} pairs of orders, {calls:,.0f} calls.",
    ]
    if exact:
        lines += [f"The {len(by_method(exact)[EXPLAINER])} digits with exact values:", table(exact)]
    return "\n\n".join(lines)


def table_note(once: str) -> str:
    """Where the times were measured."""
    machine = this_machine()
    return f"{machine['processor']}, {machine['threads']} thread, torch {machine['torch']}; one pass takes {once}."
