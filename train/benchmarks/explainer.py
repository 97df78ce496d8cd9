"""Error of an explainer beside that of the estimate: `python -m train.benchmarks.explainer`.

The explainer (`vit.explain.amortised`) predicts the Shapley values of all patches in one pass. The estimate
(`vit.explain.shapley.estimate`) reads the model along random orders. Both are compared with a reference: exact values
for few maskable patches, else the mean of many other pairs of orders.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import isfinite, nan
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from train.benchmarks.faithfulness import digits, measure_missing
from train.benchmarks.faithfulness_report import interval
from train.benchmarks.inference import cpu_milliseconds
from train.benchmarks.results_file import ResultsFile
from train.cli import add_digits, carry_out, grid, new_parser, this_machine
from vit import checkpoint
from vit.explain.amortised import Explainer, add_figures, load, predict, shipped
from vit.explain.coalitions import log_odds_table
from vit.explain.faithfulness import sign_agreement, spearman
from vit.explain.gradient import integrated_gradients
from vit.explain.masking import MASK_MODES, MaskedModel, log_odds
from vit.explain.shapley import pair_means, shapley_values
from vit.model import VisionTransformer

PAIRS = (1, 2, 4, 8, 16, 24)  # of orders in an estimate; tab Why takes 24
REFERENCE = 72  # further pairs of orders in the reference
EXACT = 12  # maskable patches, up to which the reference is exact: it reads no more sets than the sample
EXPLAINER, SAME_TIME, GRADIENTS = "explainer", "estimate, the same time", "integrated gradients"
ROUNDS = 5  # timed passes of the explainer


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


@dataclass(frozen=True)
class Reference:
    """Values (n,) to compare with, and their variances (n,), 0 where they are exact."""

    values: Tensor
    variance: Tensor

    def compare(self, values: Tensor) -> dict[str, float | None]:
        """Return the errors and agreements of other values (n,), by the names of `Compared`."""
        error, size = ((one.square() - self.variance).mean() for one in (values - self.values, self.values))
        rank, sign = spearman(values, self.values), sign_agreement(values, self.values)
        return {"error": float(error), "size": float(size), "rank": finite(rank), "sign": finite(sign)}


def finite(value: float) -> float | None:
    """Round a number for JSON; None for nan."""
    return round(value, 5) if isfinite(value) else None


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Compare the values that an explainer predicts in one pass with the estimate of the same time."
    parser = new_parser("python -m train.benchmarks.explainer", description, "model", "results", "threads", "write")
    parser.set_defaults(model="digits-7x7")
    add_digits(parser, 100)
    parser.add_argument(
        "--mask-mode", choices=MASK_MODES, default="erased", help="of missing patches (default: erased)"
    )
    parser.add_argument("--explainer", metavar="FILE", help="explainer to measure (default: the shipped one)")
    return parser


def compared(name: str, number: int, model: VisionTransformer, explainer: Explainer, image: Tensor) -> list[Compared]:
    """Compare all methods on one digit (C, H, W); nothing for a digit without two maskable patches."""
    with torch.no_grad():
        target = int(model(image[None]).argmax())
    masked = MaskedModel(model, image, explainer.config.mask_mode)
    n = len(masked.maskable)
    if n < 2:
        return []
    found: list[tuple[Tensor, Tensor]] = []
    ms = cpu_milliseconds(lambda: found.append(pair_means(masked, target, PAIRS[-1] + REFERENCE)))
    means, curves = found[0]  # (pairs, n), (2 * pairs, n + 1)
    call = ms / curves.numel()
    reference = reference_values(masked, target, means[PAIRS[-1] :])
    once = partial(predict, explainer, model, image[None])
    one_pass = median(cpu_milliseconds(once) for _ in range(ROUNDS))
    calls = max(2, int(one_pass / call))

    def row(method: str, values: Tensor, calls: int, ms: float) -> Compared:
        found = reference.compare(values.double())
        exact = not reference.variance.any()
        return Compared(name, number, masked.mask_mode, method, n, exact, calls, round(ms, 3), **found)  # type: ignore

    slopes: list[Tensor] = []
    slow = cpu_milliseconds(lambda: slopes.append(integrated_gradients(model, image, target)))
    return [
        row(EXPLAINER, once()[0, masked.maskable, target], 1, one_pass),
        row(SAME_TIME, estimate_of_calls(masked, target, calls), calls, calls * call),
        *(row(pairs_title(k), means[:k].mean(dim=0), 2 * k * (n + 1), 2 * k * (n + 1) * call) for k in PAIRS),
        row(GRADIENTS, slopes[0].flatten()[masked.maskable], 32, slow),
    ]


def reference_values(masked: MaskedModel, target: int, means: Tensor) -> Reference:
    """Return the exact values for few maskable patches, else the mean of the pairs' values (pairs, n)."""
    if len(masked.maskable) <= EXACT:
        exact = shapley_values(log_odds_table(masked, target))
        return Reference(exact, torch.zeros_like(exact))
    return Reference(means.mean(dim=0), means.var(dim=0) / len(means))


def estimate_of_calls(masked: MaskedModel, target: int, calls: int, seed: int = 0) -> Tensor:
    """Estimate the values (n,) from fewer calls than an order needs: patches come in groups, which share a gain."""
    n = len(masked.maskable)
    rank = torch.randperm(n, generator=torch.Generator().manual_seed(seed))  # of each patch in a random order
    ends = torch.linspace(0, n, min(calls, n + 1)).round().long()
    values = log_odds(masked.logits(rank < ends[:, None]).double(), target)
    return (values.diff() / ends.diff())[torch.bucketize(rank, ends[1:], right=True)]


def pairs_title(pairs: int) -> str:
    """Title of an estimate."""
    return f"estimate, {pairs} pair{'s' if pairs > 1 else ''} of orders"


def compared_digits(
    explainer: Explainer, name: str, model: VisionTransformer, images: Sequence[Tensor], known: Collection[int] = ()
) -> Iterator[list[Compared]]:
    """Compare all methods on each digit (C, H, W); those in `known` are left out."""
    for number, image in enumerate(images):
        if number not in known:
            yield compared(name, number, model, explainer, image)


def measure(name: str, mask_mode: str, count: int, source: str | Path, path: Path | None = None) -> list[Compared]:
    """Compare on `count` digits, with progress on the error stream; resumes from the file if it exists.

    Raises:
        ValueError: the explainer is not of this model, or the file has other measurements.
    """
    images, models = digits(count), checkpoint.load_all([name])
    model = next(iter(models.values()))
    loaded = load(source, model)
    if loaded.config.mask_mode != mask_mode:
        raise ValueError(f"mask-mode must be that of the explainer, {loaded.config.mask_mode}, got {mask_mode}")
    made_of = {"digits": count, "weights": loaded.config.weights, "mask_mode": mask_mode}
    made_of |= {"explainer": checkpoint.digest(loaded.state_dict(), {}), "pairs": [*PAIRS, REFERENCE]}
    conditions = {"made_of": made_of, "machine": this_machine()}
    file = ResultsFile("compared", conditions, result_key, asdict, from_json, path)
    return measure_missing(file, models, images, partial(compared_digits, loaded))


def result_key(one: Compared) -> tuple[str, int, str]:
    """Identity of a result."""
    return one.model, one.digit, one.method


def from_json(row: dict[str, Any]) -> Compared:
    """Result from the dictionary that the file has."""
    return Compared(**row)


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


def run(args: Namespace) -> None:
    """Measure and print."""
    source = args.explainer or shipped(args.model, args.mask_mode)
    if source is None:
        raise ValueError(f"explainer must be given: none of {args.model} ships for {args.mask_mode} patches")
    results = measure(args.model, args.mask_mode, args.digits, source, args.json)
    print(report(results))
    if args.write:
        error = mean_of(by_method(results)[EXPLAINER], lambda one: one.error) ** 0.5
        add_figures(source, checkpoint.load(args.model), {"error": round(error, 4), "digits": args.digits})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
