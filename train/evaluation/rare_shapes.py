"""Accuracy on rare digit shapes that no training set has: `python -m train.evaluation.rare_shapes`.

The shapes are those of `train.synthetic.unseen_shapes`, as they are, and 1.6 times as wide and as high. A second table
shows what a model makes of hooks on the border between one and seven: its certainty should fall there and not jump.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from train.cli import carry_out, grid, new_parser
from train.data.dataset import Digits
from train.evaluation.fit_ood import extract, ood_scores
from train.evaluation.ood_report import share
from train.synthetic.unseen_shapes import PATHS, make_hooks, make_unseen
from vit import checkpoint
from vit.calibration import Calibration
from vit.config import check_whole
from vit.model import VisionTransformer

IMAGES = 200  # drawings of each shape
SEED = 40_000
STRETCH = 1.6  # the sets of stretched digits are so much wider, or so much higher
AIM, LEAST = 0.98, 0.9  # aims: accuracy on all shapes, and on each
ANGLES = tuple(range(40, 100, 5))  # degrees between flag and stem
WIDTHS = {"all": 1.0, "all, 1.6 times as wide": STRETCH, "all, 1.6 times as high": 1 / STRETCH}

Model = tuple[VisionTransformer, Calibration | None]


def measure(model: Model, count: int) -> dict[str, Any]:
    """Measure a model on `count` drawings of each shape, and on as many hooks of each angle.

    Returns:
        "shapes", for each shape and for all in each width: shares in [0, 1] that are "right" and "doubted" (called out
        of distribution), "to", the digit that most of the wrong ones are taken for, and for all "least", the share of
        the worst shape; "stretched", the same for each shape in the other widths; "border", by angle: mean
        probabilities of 1 and 7.
    """
    by_width = {
        title: {shape: summarize(model, make_unseen(shape, count, SEED, width)) for shape in PATHS}
        for title, width in WIDTHS.items()
    }
    totals = {title: total(rows) for title, rows in by_width.items()}
    border = {angle: read_hooks(model, make_hooks(angle, count, SEED)) for angle in ANGLES}
    shapes = {**by_width.pop("all"), **totals}
    return {"shapes": shapes, "stretched": by_width, "border": border, "reached": is_reached(totals["all"])}


def summarize(model: Model, digits: Digits) -> dict[str, Any]:
    """Summarize what a model reads in drawings of one shape."""
    network, calibration = model
    outputs = extract(network, digits.images)
    read = outputs.logits.argmax(dim=-1)
    wrong = read[read != digits.labels]
    doubted = ood_scores(calibration, outputs) > calibration.threshold if calibration else torch.zeros(len(read))
    return {
        "right": share(read == digits.labels),
        "doubted": share(doubted),
        "to": int(wrong.mode().values) if len(wrong) else None,
    }


def total(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Mean over all shapes, and the share of the worst."""
    means = {key: sum(row[key] for row in rows.values()) / len(rows) for key in ("right", "doubted")}
    return {**means, "to": None, "least": min(row["right"] for row in rows.values())}


def is_reached(row: Mapping[str, Any]) -> bool:
    """Tell whether the mean over all shapes, and the worst of them, reach their aims."""
    return row["right"] >= AIM and row["least"] >= LEAST


def read_hooks(model: Model, images: Tensor) -> dict[str, float]:
    """Mean calibrated probabilities of 1 and 7 for hooks (n, 28, 28)."""
    network, calibration = model
    probs = (calibration or Calibration()).probs(extract(network, images).logits)
    return {digit: probs[:, int(digit)].mean().item() for digit in ("1", "7")}


def shapes_table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Table of the shapes in Markdown."""
    heads = [f"{name}: {head}" for name in results for head in ("read right", "doubted", "mostly read as")]
    rows = next(iter(results.values()))["shapes"]
    return grid(["shape", *heads], ([shape, *cells(results, shape)] for shape in rows))


def cells(results: Mapping[str, Mapping[str, Any]], shape: str) -> list[str]:
    """Return a row of the table without its title."""
    rows = [one["shapes"][shape] for one in results.values()]
    return [text for row in rows for text in (f"{row['right']:.1%}", f"{row['doubted']:.1%}", last_cell(row))]


def last_cell(row: Mapping[str, Any]) -> str:
    """Return the digit that wrong ones are taken for, or the accuracy on the worst shape."""
    if "least" in row:
        return f"worst shape {row['least']:.1%}"
    return "" if row["to"] is None else str(row["to"])


def border_table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Table of the border between one and seven in Markdown."""
    heads = [f"{name}: {digit}" for name in results for digit in ("1", "7")]
    probs = {angle: [one["border"][angle] for one in results.values()] for angle in ANGLES}
    rows = ([f"{angle}", *(f"{row[d]:.1%}" for row in rows for d in ("1", "7"))] for angle, rows in probs.items())
    return grid(["angle of the flag, degrees", *heads], rows)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure how models read rare digit shapes that no training set has."
    parser = new_parser("python -m train.evaluation.rare_shapes", description, "models", "json", "threads")
    parser.add_argument("--images", type=int, default=IMAGES, metavar="N", help="of each shape (default: %(default)s)")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Draw the shapes, measure every model, and print the tables."""
    check_whole("images", args.images, 1)
    names = args.models or checkpoint.shipped()
    models = {name: (checkpoint.load(name), checkpoint.read_calibration(name)) for name in names}
    results = {name: measure(model, args.images) for name, model in models.items()}
    print(f"{shapes_table(results)}\n\n{border_table(results)}\n")
    for name, one in results.items():
        print(f"{name}: aim {'reached' if one['reached'] else 'missed'}")
    return {"images": args.images, "seed": SEED, "models": results}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
