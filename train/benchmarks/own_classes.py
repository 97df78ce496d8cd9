"""How well new classes are learned from a few drawings: `python -m train.benchmarks.own_classes`.

The new classes are mirrored digits of MNIST's test set: seven signs that no model here has learned, each drawing by
another hand. A model that learned from a few of them reads others, hundreds of each class.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from train.benchmarks.report import percent
from train.cli import carry_out, grid, new_parser, this_machine
from train.data.dataset import Digits, load, tqdm_progress
from train.own_classes import OwnClassesConfig, learn
from train.score import evaluate
from vit import checkpoint
from vit.config import check_whole
from vit.model import VisionTransformer

MIRRORED = (2, 3, 4, 5, 6, 7, 9)  # the others look mirrored as they do, or nearly so
NAMES = tuple(f"mirrored {digit}" for digit in MIRRORED)
TESTED = 200  # other drawings of each class
COUNTS = (5, 10, 20)  # drawings of each class
WAYS = {"all weights": True, "a new head alone": True, "all weights, from random ones": False}  # whether it was trained


@dataclass(frozen=True)
class Result:
    """One learning.

    Attributes:
        left_out: share of its drawings that were read right when they were left out, in [0, 1].
        accuracy: on other drawings, in [0, 1].
        seconds: that it took, with all its copies.
    """

    way: str
    count: int
    left_out: float
    accuracy: float
    seconds: float


def mirrored(digits: Digits) -> Digits:
    """Return the mirrored ones of `MIRRORED`, labelled from 0."""
    chosen = torch.isin(digits.labels, torch.tensor(MIRRORED))
    labels = torch.searchsorted(torch.tensor(MIRRORED), digits.labels[chosen])
    return Digits(digits.images[chosen].flip(-1), labels)


def sample(digits: Digits, count: int, seed: int) -> tuple[Digits, Digits]:
    """Choose `count` drawings of each class at random to learn from, and TESTED others of each to read."""
    generator = torch.Generator().manual_seed(seed)
    places = [(digits.labels == label).nonzero()[:, 0] for label in range(len(NAMES))]
    orders = [place[torch.randperm(len(place), generator=generator)] for place in places]
    learned, tested = (torch.cat([order[part] for order in orders]) for part in (slice(count), slice(-TESTED, None)))
    return digits.subset(learned), digits.subset(tested)


def measure(model: VisionTransformer, digits: Digits, way: str, count: int, seed: int) -> Result:
    """Learn from a few drawings, and read others."""
    drawings, others = sample(digits, count, seed)
    if not WAYS[way]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = VisionTransformer(model.config).eval()
    steps = 0 if way == "a new head alone" else OwnClassesConfig.steps
    began = time.perf_counter()
    result = learn(model, drawings, NAMES, OwnClassesConfig(steps=steps, seed=seed))
    seconds = time.perf_counter() - began
    accuracy = evaluate(result.model, others).accuracy
    return Result(way, count, result.right / len(drawings), accuracy, round(seconds, 2))


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Learn mirrored digits from a few drawings, and read others."
    parser = new_parser("python -m train.benchmarks.own_classes", description, "model", "data", "json", "threads")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="choices of drawings (default: 5)")
    return parser


def row(results: Sequence[Result]) -> list[str]:
    """Cells of the results of one way with one number of drawings."""
    accuracies, left_out = [each.accuracy for each in results], [each.left_out for each in results]
    mean, low, high = (
        percent(value, 1) for value in (sum(accuracies) / len(results), min(accuracies), max(accuracies))
    )
    estimate = percent(sum(left_out) / len(results), 1)
    seconds = sorted(each.seconds for each in results)[len(results) // 2]
    return [results[0].way, str(results[0].count), estimate, f"{mean} ({low} to {high})", f"{seconds:.1f}"]


def run(args: Namespace) -> dict[str, Any]:
    """Measure and print."""
    check_whole("repeats", args.repeats, 1)
    model, digits = checkpoint.load(args.model), mirrored(load("test", args.data, tqdm_progress()))
    rows, results = [], []
    for way in WAYS:
        for count in COUNTS:
            some = [measure(model, digits, way, count, seed) for seed in range(args.repeats)]
            results += some
            rows.append(row(some))
            print(" | ".join(rows[-1]), file=sys.stderr)
    machine = this_machine()
    print(f"`{args.model}`; {machine['processor']}, {args.threads} thread, torch {machine['torch']}.\n")
    head = ["what learns", "drawings of each", "left-out ones read", "others read (least to most)", "seconds"]
    print(grid(head, rows))
    return {"machine": machine, "model": args.model, "results": [asdict(each) for each in results]}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
