"""Evaluate a model on test digits: `python -m train.evaluation --model digits-4x4`.

It prints accuracy, confusion matrix, the mistakes with the highest confidence and calibration, and the accuracy on a
sample of the digits that is rotated, shifted, resized, covered with noise, or written with other pens.
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
from train.evaluation.predictions import Predictions, Report, predict
from train.evaluation.robustness import CHANGES, accuracy_curves, sample_digits
from train.score import confusion_matrix
from vit import checkpoint
from vit.calibration import Calibration
from vit.model import VisionTransformer

NUM_MISTAKES = 10  # mistakes that are listed


def summarize_predictions(predictions: Predictions) -> dict[str, Any]:
    """Return the number of images, the accuracy with its 95 % interval, and the confusion matrix (K, K)."""
    return {
        "images": len(predictions.labels),
        "accuracy": predictions.accuracy,
        "interval": list(predictions.interval),
        "confusion": confusion_matrix(predictions.labels, predictions.digits, predictions.probs.shape[-1]).tolist(),
    }


def evaluation_report(predictions: Predictions, curves: dict[str, list[float]], num_changed: int) -> dict[str, Any]:
    """Report all that the command measures of one model, in the shape of the JSON file.

    Args:
        curves: accuracies of the changed digits, by change.
        num_changed: number of changed digits.

    Returns:
        Shares in [0, 1]; `mistakes` have indices in the test set, highest confidence first.
    """
    diagram = predictions.calibration
    return summarize_predictions(predictions) | {
        "mistakes": [
            {
                "index": at,
                "written": int(predictions.labels[at]),
                "read": int(predictions.digits[at]),
                "confidence": float(predictions.confidence[at]),
            }
            for at in predictions.mistakes().tolist()
        ],
        "calibration": {
            "error": diagram.error,
            "counts": diagram.counts.tolist(),
            "confidence": diagram.confidence.tolist(),
            "right": diagram.right.tolist(),
        },
        "robustness": {
            "images": num_changed,
            "curves": {name: list(zip(CHANGES[name].amounts, shares, strict=True)) for name, shares in curves.items()},
        },
    }


def report_tables(name: str, report: dict[str, Any]) -> str:
    """Report of one model as tables in Markdown."""
    low, high = report["interval"]
    mistakes, diagram, robustness = report["mistakes"], report["calibration"], report["robustness"]
    digits = [str(digit) for digit in range(len(report["confusion"]))]
    matrix = ([f"**{digit}**", *map(str, row)] for digit, row in zip(digits, report["confusion"], strict=True))
    worst = (
        [str(one["index"]), str(one["written"]), str(one["read"]), f"{one['confidence']:.2%}"]
        for one in mistakes[:NUM_MISTAKES]
    )
    bins = (
        [str(count), f"{confidence:.1%}", f"{right:.1%}"]
        for count, confidence, right in zip(diagram["counts"], diagram["confidence"], diagram["right"], strict=True)
        if count
    )
    parts = [
        f"{name}: {report['accuracy']:.2%} of {report['images']:,} test digits read right "
        f"(95 % interval {low:.2%} to {high:.2%}), {len(mistakes):,} mistakes",
        grid(["written, read as", *digits], matrix),
        f"Mistakes with the highest confidence\n\n{grid(['test digit', 'written', 'read', 'confidence'], worst)}",
        f"Calibration error {diagram['error']:.2%}\n\n{grid(['digits', 'confidence', 'right'], bins)}",
        f"Accuracy on {robustness['images']:,} of the test digits, changed",
        *(robustness_table(way, curve) for way, curve in robustness["curves"].items()),
    ]
    return "\n\n".join(parts)


def robustness_table(way: str, curve: Sequence[tuple[float, float]]) -> str:
    """One robustness curve as a table in Markdown."""
    change = CHANGES[way]
    head = [f"{change.title} ({change.unit})", *(f"{amount:g}" for amount, _ in curve)]
    return grid(head, [["read right", *(f"{share:.1%}" for _, share in curve)]])


@contextmanager
def progress_bar(title: str) -> Iterator[Report]:
    """Show a progress bar; yields the callback that moves it."""
    with tqdm(desc=title, unit=" digits", leave=False, disable=None) as bar:

        def report(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        yield report


def evaluate_model(model: VisionTransformer, calibration: Calibration | None, test_set: Digits) -> dict[str, Any]:
    """Measure one model, with progress bars."""
    changed = sample_digits(test_set)
    with progress_bar("reading") as report:
        predictions = predict(model, test_set, calibration, report)
    with progress_bar("changing") as report:
        return evaluation_report(predictions, accuracy_curves(model, changed, report), len(changed))


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure how well models read test digits of the set they learned, and how far those can be changed."
    return new_parser("python -m train.evaluation", description, "models", "data", "digits", "json", "threads")


def run(args: Namespace) -> dict[str, Any]:
    """Measure one model after another, and print the tables."""
    names = args.models or checkpoint.shipped()
    models = {name: (checkpoint.load(name), checkpoint.read_calibration(name)) for name in names}
    sets: dict[str, Digits] = {}
    reports = {}
    for name, (model, calibration) in models.items():
        dataset = dataset_with(model.config.class_names)
        sets[dataset] = sets.get(dataset) or sample_digits(
            load("test", args.data, tqdm_progress(), dataset), args.digits
        )
        reports[name] = evaluate_model(model, calibration, sets[dataset])
        print(report_tables(name, reports[name]), end="\n\n", flush=True)
    return reports


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
