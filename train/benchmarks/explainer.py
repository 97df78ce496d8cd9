"""Error of an explainer beside that of the estimate: `python -m train.benchmarks.explainer`.

The explainer (`vit.explain.amortised`) predicts the Shapley values of all patches in one pass. The estimate
(`vit.explain.shapley.estimate`) reads the model along random orders. Both are compared with a reference: exact values
for few maskable patches, else the mean of many other pairs of orders.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from train.benchmarks.explainer_report import (
    EXPLAINER,
    GRADIENTS,
    PAIRS,
    SAME_TIME,
    Compared,
    by_method,
    equal_pairs,
    mean_of,
    pairs_title,
    report,
    table,
)
from train.benchmarks.faithfulness import digits, measure_missing
from train.benchmarks.inference import cpu_milliseconds
from train.benchmarks.results_file import ResultsFile
from train.cli import add_digits, carry_out, new_parser, this_machine
from vit import checkpoint
from vit.explain.amortised import Explainer, add_figures, load, predict, shipped
from vit.explain.coalitions import log_odds_table
from vit.explain.faithfulness import sign_agreement, spearman
from vit.explain.gradient import integrated_gradients
from vit.explain.masking import MASK_MODES, MaskedModel, log_odds
from vit.explain.shapley import pair_means, shapley_values
from vit.model import VisionTransformer

__all__ = [
    "Compared",
    "Reference",
    "compared_digits",
    "equal_pairs",
    "estimate_of_calls",
    "main",
    "measure",
    "pairs_title",
    "report",
    "table",
]
REFERENCE = 72  # further pairs of orders in the reference
EXACT = 12  # maskable patches, up to which the reference is exact: it reads no more sets than the sample
ROUNDS = 5  # timed passes of the explainer


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
