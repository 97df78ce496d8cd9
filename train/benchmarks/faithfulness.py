"""Faithfulness of every explanation on fixed MNIST test digits: `python -m train.benchmarks.faithfulness`."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict, fields
from math import isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from train.benchmarks.faithfulness_figure import save_figure
from train.benchmarks.faithfulness_report import Score, scores_of, table_of
from train.cli import carry_out, new_parser
from vit import checkpoint
from vit.config import check_whole
from vit.explain.faithfulness import Faithfulness
from vit.files import write_text
from vit.model import VisionTransformer

SAMPLES = checkpoint.ASSETS / "samples.npz"


def digits(count: int) -> list[Tensor]:
    """Return so many MNIST test digits (1, 28, 28) in [0, 1], always the same, of those that ship.

    Raises:
        ValueError: there are not so many.
    """
    with np.load(SAMPLES) as samples:
        images = torch.from_numpy(samples["images"])
    check_whole("digits", count, 1, len(images))
    chosen = torch.linspace(0, len(images) - 1, count).round().long()
    return list(images[chosen][:, None] / 255)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure how true every explanation is, against all subsets of patches."
    parser = new_parser("python -m train.benchmarks.faithfulness", description, "models", "figure", "threads")
    parser.add_argument("--digits", type=int, default=200, metavar="N", help="test digits (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every score here; resumes if it exists")
    return parser


class Kept:
    """The scores so far, in a file if there is one: whoever measures the same again goes on where it was left."""

    def __init__(self, path: Path | None, digits: int, models: dict[str, VisionTransformer]) -> None:
        """Take up what the file holds, if it is there.

        Raises:
            ValueError: it holds other measurements, or none.
        """
        self.path = path
        self.made_of = {
            "digits": digits,
            "weights": {name: checkpoint.digest(model.state_dict(), {}) for name, model in models.items()},
        }
        self.scores = read(path, self.made_of) if path and path.is_file() else []

    def digits(self, model: str) -> set[int]:
        """Return which digits have been measured with a model."""
        return {score.digit for score in self.scores if score.model == model}

    def add(self, scores: Sequence[Score]) -> None:
        """Keep what was measured of one digit."""
        self.scores += scores
        if self.path:
            lines = ",\n".join(json.dumps(as_json(score)) for score in self.scores)
            write_text(self.path, f'{{"made_of": {json.dumps(self.made_of)}, "scores": [\n{lines}\n]}}\n')


def read(path: Path, made_of: dict[str, Any]) -> list[Score]:
    """Return the scores of a file; errors as in `Kept`."""
    try:
        found = json.loads(path.read_text())
        known, rows = found["made_of"], found["scores"]
        scores = [score_of(row) for row in rows]
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"json must name a new file, or one of earlier scores, got {path}") from None
    if known != made_of:
        raise ValueError(f"json must name a new file, for {path} holds scores of other digits or models")
    return scores


def measure(models: Sequence[str] | None, count: int, path: Path | None = None) -> list[Score]:
    """Score all methods on so many digits, and say on the error stream how far it is."""
    images, loaded = digits(count), checkpoint.load_all(models)
    kept = Kept(path, count, loaded)
    for name, model in loaded.items():
        known = kept.digits(name)
        for done, found in enumerate(scores_of(name, model, images, known), start=len(known) + 1):
            kept.add(found)
            print(f"\r{name}: {done} of {count} digits", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return kept.scores


def as_json(score: Score) -> dict[str, Any]:
    """Return a score as numbers and text; what cannot be told is null."""
    values = asdict(score)
    measured = values.pop("faithfulness")
    return values | {name: value if isfinite(value) else None for name, value in measured.items()}


def score_of(row: dict[str, Any]) -> Score:
    """Return what `as_json` was given."""
    measured = {one.name: nan if row[one.name] is None else row[one.name] for one in fields(Faithfulness)}
    rest = {one.name: row[one.name] for one in fields(Score) if one.name != "faithfulness"}
    return Score(**rest, faithfulness=Faithfulness(**measured))


def run(args: Namespace) -> None:
    """Measure, print, and draw the figure."""
    scores = measure(args.models, args.digits, args.json)
    print(table_of(scores))
    if args.figure:
        save_figure(scores, args.figure)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
