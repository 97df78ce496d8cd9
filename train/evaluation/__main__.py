"""How well a model reads: `python -m train.evaluation --model digits-4x4`.

Accuracy, confusion matrix, the worst mistakes and calibration on MNIST's test digits, and the accuracy on some of them
that were turned, moved, resized, covered with noise and written with other pens.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from train.cli import carry_out, grid, new_parser
from train.data.dataset import Digits, load, tqdm_progress
from train.datasets import dataset_with
from train.evaluation.predictions import Readings, Report, readings
from train.evaluation.robustness import CHANGES, curves, some
from train.score import confusion_matrix
from vit import checkpoint
from vit.calibration import Calibration
from vit.model import VisionTransformer

WORST = 10  # mistakes that are listed


def counted(found: Readings) -> dict[str, Any]:
    """Return how many answers there are, the share of right ones with its 95 % interval, and the confusion matrix."""
    return {
        "images": len(found.labels),
        "accuracy": found.accuracy,
        "interval": list(found.interval),
        "confusion": confusion_matrix(found.labels, found.digits, found.probs.shape[-1]).tolist(),
    }


def measure(found: Readings, curve: dict[str, list[float]], of: int) -> dict[str, Any]:
    """Sum up a model's answers to the test digits, and its accuracy on `of` changed ones, as a JSON file holds them.

    Returns:
        Shares in [0, 1]; `mistakes` name the digits by their place in the test set, the surest first.
    """
    bins = found.calibration
    return counted(found) | {
        "mistakes": [
            {
                "index": at,
                "written": int(found.labels[at]),
                "read": int(found.digits[at]),
                "sure": float(found.sure[at]),
            }
            for at in found.mistakes().tolist()
        ],
        "calibration": {
            "error": bins.error,
            "counts": bins.counts.tolist(),
            "sure": bins.sure.tolist(),
            "right": bins.right.tolist(),
        },
        "robustness": {
            "images": of,
            "curves": {name: list(zip(CHANGES[name].amounts, shares, strict=True)) for name, shares in curve.items()},
        },
    }


def tables(name: str, found: dict[str, Any]) -> str:
    """Lay out what `measure` found of one model as tables in Markdown."""
    low, high = found["interval"]
    wrong, bins, rough = found["mistakes"], found["calibration"], found["robustness"]
    digits = [str(digit) for digit in range(len(found["confusion"]))]
    matrix = ([f"**{digit}**", *map(str, row)] for digit, row in zip(digits, found["confusion"], strict=True))
    worst = ([str(one["index"]), str(one["written"]), str(one["read"]), f"{one['sure']:.2%}"] for one in wrong[:WORST])
    trust = (
        [str(count), f"{sure:.1%}", f"{right:.1%}"]
        for count, sure, right in zip(bins["counts"], bins["sure"], bins["right"], strict=True)
        if count
    )
    parts = [
        f"{name}: {found['accuracy']:.2%} of {found['images']:,} test digits read right "
        f"(95 % interval {low:.2%} to {high:.2%}), {len(wrong):,} mistakes",
        grid(["written, read as", *digits], matrix),
        f"The surest of the mistakes\n\n{grid(['test digit', 'written', 'read', 'sure'], worst)}",
        f"Calibration error {bins['error']:.2%}\n\n{grid(['digits', 'sure', 'right'], trust)}",
        f"Accuracy on {rough['images']:,} of the test digits, changed",
        *(curve_table(way, curve) for way, curve in rough["curves"].items()),
    ]
    return "\n\n".join(parts)


def curve_table(way: str, curve: Sequence[tuple[float, float]]) -> str:
    """Lay out one curve of `measure` as a table in Markdown."""
    change = CHANGES[way]
    head = [f"{change.title} ({change.unit})", *(f"{amount:g}" for amount, _ in curve)]
    return grid(head, [["read right", *(f"{share:.1%}" for _, share in curve)]])


@contextmanager
def shown(title: str) -> Iterator[Report]:
    """Give a report that moves a progress bar."""
    with tqdm(desc=title, unit=" digits", leave=False, disable=None) as bar:

        def report(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        yield report


def full(model: VisionTransformer, calibration: Calibration | None, test_set: Digits) -> dict[str, Any]:
    """Return all that `measure` tells of a model, with a progress bar meanwhile."""
    changed = some(test_set)
    with shown("reading") as report:
        found = readings(model, test_set, calibration, report)
    with shown("changing") as report:
        return measure(found, curves(model, changed, report), len(changed))


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure how well models read test digits of the set they learned, and how far those can be changed."
    return new_parser("python -m train.evaluation", description, "models", "data", "json", "threads")


def run(args: Namespace) -> dict[str, Any]:
    """Measure model after model, and print."""
    names = args.models or checkpoint.shipped()
    models = {name: (checkpoint.load(name), checkpoint.read_calibration(name)) for name in names}
    sets: dict[str, Digits] = {}
    found = {}
    for name, (model, calibration) in models.items():
        dataset = dataset_with(model.config.class_names)
        sets[dataset] = sets.get(dataset) or load("test", args.data, tqdm_progress(), dataset)
        found[name] = full(model, calibration, sets[dataset])
        print(tables(name, found[name]), end="\n\n", flush=True)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
