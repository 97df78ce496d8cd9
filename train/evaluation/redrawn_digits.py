"""How well models read what people draw on a canvas: `python -m train.evaluation.redrawn_digits`.

MNIST's test digits are thinned to strokes (`train.synthetic.vectorize`) and drawn again
(`train.synthetic.handwriting`): anywhere on a canvas of 280 pixels, at any size, slant and turn, with an unsteady hand,
half of them by few points with straight lines between, with pens from 4 to 40 pixels wide. A pen closes the loops of a
digit that is small for it, which nobody could read then, so people draw larger with a thick pen; `strokes.redraw` says
by how much.

Each drawing is read twice. As strokes, which carry no width: the page's pad gives points, times and pressures, and
`from_strokes` draws them with MNIST's own pen. And as a picture, dark on light, in which the pen is as wide as it is.
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

from train.cli import carry_out, new_parser
from train.data.dataset import Digits, load, tqdm_progress
from train.evaluation.fit_ood import Seen, doubts, look
from train.evaluation.ood_report import share
from train.score import wilson
from train.synthetic.handwriting import CANVAS, Strokes, picture, redraw
from train.synthetic.vectorize import trace
from vit import checkpoint
from vit.calibration import Calibration
from vit.config import check_whole
from vit.ink import from_image, from_strokes
from vit.model import VisionTransformer

PENS = (4, 8, 12, 16, 20, 28, 40)  # canvas pixels, each for every seventh digit
DIGITS = 7000  # by default: a thousand for each pen, in about five minutes of one core
BOUNDS = {  # that part the drawings, by what `traits` measures of them
    "size": (150, 200),
    "off centre": (20, 50),
    "slant": (0.0, 0.3),
}


@dataclass(frozen=True, eq=False)
class Drawings:
    """Digits drawn anew: labels (n,), and (n, 28, 28) float32 in [0, 1] as a model gets them, in two ways.

    Attributes:
        groups: masks (n,) by pen, size, place and slant, by name.
    """

    labels: Tensor
    strokes: Tensor
    pictures: Tensor
    groups: Mapping[str, Tensor]


def draw(digits: Digits, count: int, seed: int) -> Drawings:
    """Draw `count` of the digits anew, chosen by the seed, which also decides how; more begin with the same ones.

    Raises:
        ValueError: there are not as many digits.
        ImportError: scikit-image is missing, which thins the digits.
    """
    check_whole("digits", count, 1, len(digits))
    chosen = np.random.default_rng(seed).permutation(len(digits))[:count]
    strokes, pictures, found = [], [], []
    for turn, index in enumerate(tqdm(chosen.tolist(), desc="drawing", disable=None)):
        pen = PENS[turn % len(PENS)]
        lines = redraw(trace(digits.images[index].numpy()), np.random.default_rng([seed, index]), pen)
        strokes.append(from_strokes(lines))
        pictures.append(from_image(255 - picture(lines, pen)))
        found.append({"pen": pen, **traits(lines, pen)})
    images = (torch.from_numpy(np.stack(made)) for made in (strokes, pictures))
    return Drawings(digits.labels[chosen], *images, groups=part(found))


def traits(lines: Strokes, pen: float) -> dict[str, float]:
    """Measure a drawing, in canvas pixels.

    Returns:
        "size", the ink's longest side; "off centre", how far its middle is from the canvas's, along the axis where
        that is more; "slant", the tangent of the angle by which it leans to the right.
    """
    points = np.concatenate([np.array(line) for line in lines])
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = (points - points.mean(axis=0)).T
    return {
        "size": float((high - low).max()) + pen,
        "off centre": float(np.abs((low + high - CANVAS) / 2).max()),
        "slant": float(-(x @ y) / max(y @ y, 1e-9)),  # y points downwards
    }


def part(found: Sequence[Mapping[str, float]]) -> dict[str, Tensor]:
    """Part drawings by their pens and by `BOUNDS`; groups that nothing is in are left out."""
    groups = {f"pen {pen}": torch.tensor([one["pen"] == pen for one in found]) for pen in PENS}
    for trait, (low, high) in BOUNDS.items():
        values = torch.tensor([one[trait] for one in found])
        groups[f"{trait} under {low}"] = values < low
        groups[f"{trait} {low} to {high}"] = (values >= low) & (values <= high)
        groups[f"{trait} over {high}"] = values > high
    return {name: mask for name, mask in groups.items() if mask.any()}


def measure(model: VisionTransformer, calibration: Calibration | None, drawings: Drawings) -> dict[str, Any]:
    """Read the drawings both ways.

    Returns:
        For "strokes" and "pictures" a row for "all" and for each group; strokes have no pen, so no group by pen.
    """
    everything = {"all": torch.ones(len(drawings.labels), dtype=torch.bool), **drawings.groups}
    no_pen = {name: mask for name, mask in everything.items() if not name.startswith("pen")}
    ways = {"strokes": (drawings.strokes, no_pen), "pictures": (drawings.pictures, everything)}
    found = {}
    for way, (images, groups) in ways.items():
        right, unsure = loaded(calibration, look(model, images), drawings.labels)
        found[way] = {name: row(right[mask], None if unsure is None else unsure[mask]) for name, mask in groups.items()}
    return found


def loaded(calibration: Calibration | None, seen: Seen, labels: Tensor) -> tuple[Tensor, Tensor | None]:
    """Tell which images were read right, and which the model is not sure of; None where that was never fitted."""
    unsure = None if calibration is None else doubts(calibration, seen) > calibration.threshold
    return seen.logits.argmax(dim=-1) == labels, unsure


def row(right: Tensor, unsure: Tensor | None) -> dict[str, Any]:
    """Sum up one group's masks: shares in [0, 1], with the 95 % interval of those read right."""
    accuracy, count = share(right), len(right)
    return {
        "images": count,
        "accuracy": accuracy,
        "interval": list(wilson(accuracy, count)),
        "not_sure": None if unsure is None else share(unsure),
    }


def table(name: str, found: Mapping[str, Any]) -> str:
    """Lay out what `measure` found of one model in lines of text."""
    lines = [f"{name:<28}{'images':>8}{'read right':>12}{'95 % interval':>20}{'not sure':>10}"]
    for way, rows in found.items():
        lines += [line(f"  {group}" if group != "all" else way, one) for group, one in rows.items()]
    return "\n".join(lines)


def line(label: str, one: Mapping[str, Any]) -> str:
    """Lay out one row of the table."""
    low, high = one["interval"]
    unsure = "-" if one["not_sure"] is None else f"{one['not_sure']:.2%}"
    return f"{label:<28}{one['images']:>8,}{one['accuracy']:>12.2%}{f'{low:.2%} to {high:.2%}':>20}{unsure:>10}"


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure how models read test digits that are redrawn as people draw on a canvas."
    parser = new_parser("python -m train.evaluation.redrawn_digits", description, "models", "data", "json", "threads")
    parser.add_argument("--digits", type=int, default=DIGITS, metavar="N", help="to draw (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="decides every drawing (default: %(default)s)")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Draw once, let every model read, and print."""
    check_whole("digits", args.digits, 1)
    check_whole("seed", args.seed)
    names = args.models or checkpoint.shipped()
    models = {name: (checkpoint.load(name), checkpoint.read_calibration(name)) for name in names}
    drawings = draw(load("test", args.data, tqdm_progress()), args.digits, args.seed)
    found = {name: measure(*pair, drawings) for name, pair in models.items()}
    print("\n\n".join(table(name, one) for name, one in found.items()))
    return {"digits": args.digits, "seed": args.seed, "models": found}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv, (ImportError,))


if __name__ == "__main__":
    sys.exit(main())
