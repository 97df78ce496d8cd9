"""Accuracy on test digits that are redrawn as people draw on a canvas: `python -m train.evaluation.redrawn_digits`.

Each of MNIST's test digits becomes strokes (`train.synthetic.vectorize`). They are varied and drawn again on a canvas
of 280 pixels (`train.synthetic.handwriting.redraw`): in any place, size, slant and rotation, with a tremor, with pens
from 4 to 40 pixels wide, and half of them with few points, as from a slow mouse.

Each model reads each drawing twice: as strokes, which `from_strokes` draws with MNIST's own pen, and as a picture, dark
on light, with the width of the drawing's pen.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from train.cli import add_digits, carry_out, new_parser
from train.data.dataset import Digits, load, tqdm_progress
from train.evaluation.fit_ood import Outputs, extract, ood_scores
from train.evaluation.ood_report import share
from train.score import wilson
from train.synthetic.handwriting import CANVAS, Strokes, redraw, render
from train.synthetic.vectorize import vectorize
from vit import checkpoint
from vit.calibration import Calibration
from vit.config import check_whole
from vit.ink import from_image, from_strokes
from vit.model import VisionTransformer

PEN_WIDTHS = (4, 8, 12, 16, 20, 28, 40)  # canvas pixels; one digit after another gets the next of them
DIGITS = 7000  # a thousand for each pen; about five minutes on one core
BOUNDS = {  # trait -> the two bounds between its three groups of drawings, in the units of `measure_drawing`
    "size": (150, 200),
    "off centre": (20, 50),
    "slant": (0.0, 0.3),
}


@dataclass(frozen=True, eq=False)
class Drawings:
    """Redrawn digits: labels (n,), and images (n, 28, 28) float32 in [0, 1] from strokes and from pictures.

    Attributes:
        groups: name of a group (pen, size, place or slant) -> mask (n,).
    """

    labels: Tensor
    strokes: Tensor
    pictures: Tensor
    groups: Mapping[str, Tensor]


def draw(digits: Digits, count: int, seed: int) -> Drawings:
    """Redraw `count` random digits. The seed decides all; a larger count begins with the same drawings.

    Raises:
        ValueError: there are fewer digits than `count`.
        ImportError: scikit-image is missing.
    """
    check_whole("digits", count, 1, len(digits))
    chosen = np.random.default_rng(seed).permutation(len(digits))[:count]
    strokes, pictures, measures = [], [], []
    for turn, index in enumerate(tqdm(chosen.tolist(), desc="drawing", disable=None)):
        pen = PEN_WIDTHS[turn % len(PEN_WIDTHS)]
        lines = redraw(vectorize(digits.images[index].numpy()), np.random.default_rng([seed, index]), pen)
        strokes.append(from_strokes(lines))
        pictures.append(from_image(255 - render(lines, pen)))
        measures.append({"pen": pen, **measure_drawing(lines, pen)})
    images = (torch.from_numpy(np.stack(drawn)) for drawn in (strokes, pictures))
    return Drawings(digits.labels[chosen], *images, groups=group_drawings(measures))


def measure_drawing(lines: Strokes, pen: float) -> dict[str, float]:
    """Measure a drawing, in canvas pixels.

    Returns:
        "size", the longest side of the ink; "off centre", the distance of its middle from the middle of the canvas,
        along the axis with the larger one; "slant", the tangent of its slant to the right.
    """
    points = np.concatenate([np.array(line) for line in lines])
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = (points - points.mean(axis=0)).T
    return {
        "size": float((high - low).max()) + pen,
        "off centre": float(np.abs((low + high - CANVAS) / 2).max()),
        "slant": float(-(x @ y) / max(y @ y, 1e-9)),  # y points downwards
    }


def group_drawings(measures: Sequence[Mapping[str, float]]) -> dict[str, Tensor]:
    """Masks (n,) of the non-empty groups of drawings: by pen, and by `BOUNDS`."""
    groups = {f"pen {pen}": torch.tensor([drawing["pen"] == pen for drawing in measures]) for pen in PEN_WIDTHS}
    for trait, (low, high) in BOUNDS.items():
        values = torch.tensor([drawing[trait] for drawing in measures])
        groups[f"{trait} under {low}"] = values < low
        groups[f"{trait} {low} to {high}"] = (values >= low) & (values <= high)
        groups[f"{trait} over {high}"] = values > high
    return {name: mask for name, mask in groups.items() if mask.any()}


def measure_model(model: VisionTransformer, calibration: Calibration | None, drawings: Drawings) -> dict[str, Any]:
    """Measure a model on the drawings, as strokes and as pictures.

    Returns:
        For "strokes" and "pictures" the summary of "all" and of each group; strokes have no groups by pen.
    """
    everything = {"all": torch.ones(len(drawings.labels), dtype=torch.bool), **drawings.groups}
    no_pen = {name: mask for name, mask in everything.items() if not name.startswith("pen")}
    ways = {"strokes": (drawings.strokes, no_pen), "pictures": (drawings.pictures, everything)}
    results = {}
    for way, (images, groups) in ways.items():
        right, rejected = mark_predictions(calibration, extract(model, images), drawings.labels)
        results[way] = {
            name: summarize(right[mask], None if rejected is None else rejected[mask]) for name, mask in groups.items()
        }
    return results


def mark_predictions(calibration: Calibration | None, outputs: Outputs, labels: Tensor) -> tuple[Tensor, Tensor | None]:
    """Masks (n,) of the right predictions and of the rejected images; None for the latter without calibration."""
    rejected = None if calibration is None else ood_scores(calibration, outputs) > calibration.threshold
    return outputs.logits.argmax(dim=-1) == labels, rejected


def summarize(right: Tensor, rejected: Tensor | None) -> dict[str, Any]:
    """Accuracy with its 95 % interval and share of rejected images of a group, in [0, 1]."""
    accuracy, count = share(right), len(right)
    return {
        "images": count,
        "accuracy": accuracy,
        "interval": list(wilson(accuracy, count)),
        "rejected": None if rejected is None else share(rejected),
    }


def drawings_table(name: str, results: Mapping[str, Any]) -> str:
    """Results of one model in lines of text."""
    lines = [f"{name:<28}{'images':>8}{'read right':>12}{'95 % interval':>20}{'rejected':>10}"]
    for way, rows in results.items():
        lines += [table_line(f"  {group}" if group != "all" else way, summary) for group, summary in rows.items()]
    return "\n".join(lines)


def table_line(label: str, summary: Mapping[str, Any]) -> str:
    """One line of `drawings_table`."""
    low, high = summary["interval"]
    rejected = "-" if summary["rejected"] is None else f"{summary['rejected']:.2%}"
    return (
        f"{label:<28}{summary['images']:>8,}{summary['accuracy']:>12.2%}{f'{low:.2%} to {high:.2%}':>20}{rejected:>10}"
    )


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure how models read test digits that are redrawn as people draw on a canvas."
    parser = new_parser("python -m train.evaluation.redrawn_digits", description, "models", "data", "json", "threads")
    add_digits(parser, DIGITS)
    parser.add_argument("--seed", type=int, default=0, help="decides every drawing (default: %(default)s)")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Redraw the digits, measure every model, and print the tables."""
    check_whole("digits", args.digits, 1)
    check_whole("seed", args.seed)
    names = args.models or checkpoint.shipped()
    models = {name: (checkpoint.load(name), checkpoint.read_calibration(name)) for name in names}
    drawings = draw(load("test", args.data, tqdm_progress()), args.digits, args.seed)
    results = {name: measure_model(*pair, drawings) for name, pair in models.items()}
    print("\n\n".join(drawings_table(name, result) for name, result in results.items()))
    return {"digits": args.digits, "seed": args.seed, "models": results}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv, (ImportError,))


if __name__ == "__main__":
    sys.exit(main())
