"""Faithfulness of every explanation on fixed MNIST test digits: `python -m train.benchmarks.faithfulness`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, fields
from math import isfinite, nan
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from train.benchmarks.faithfulness_figure import save_figure
from train.benchmarks.faithfulness_report import Score, faithfulness_table, scores_of
from train.benchmarks.results_file import ResultsFile
from train.cli import add_digits, carry_out, new_parser
from vit import checkpoint
from vit.config import check_whole
from vit.explain.faithfulness import Faithfulness
from vit.model import VisionTransformer

Result = TypeVar("Result", bound=Any)
Measurement = Callable[[str, VisionTransformer, Sequence[Tensor], Collection[int]], Iterable[Sequence[Result]]]
SAMPLES = checkpoint.ASSETS / "samples.npz"


def digits(count: int) -> list[Tensor]:
    """Choose `count` of the shipped MNIST test digits, always the same ones, (1, 28, 28) in [0, 1].

    Raises:
        ValueError: fewer digits ship.
    """
    with np.load(SAMPLES) as samples:
        images = torch.from_numpy(samples["images"])
    check_whole("digits", count, 1, len(images))
    chosen = torch.linspace(0, len(images) - 1, count).round().long()
    return list(images[chosen][:, None] / 255)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure the faithfulness of every explanation, against all subsets of patches."
    flags = ("models", "results", "figure", "threads")
    parser = new_parser("python -m train.benchmarks.faithfulness", description, *flags)
    add_digits(parser, 200)
    return parser


def scores_file(path: Path | None, count: int, models: dict[str, VisionTransformer]) -> ResultsFile[Score]:
    """Return the file of the scores of these models on `count` digits."""
    weights = {name: checkpoint.digest(model.state_dict(), {}) for name, model in models.items()}
    conditions = {"made_of": {"digits": count, "weights": weights}}
    return ResultsFile("scores", conditions, score_key, score_to_json, score_from_json, path)


def measure(models: Sequence[str] | None, count: int, path: Path | None = None) -> list[Score]:
    """Score all methods on `count` digits, with progress on the error stream; resumes from the file if it exists.

    Raises:
        ValueError: the file has other measurements, or none.
    """
    images, loaded = digits(count), checkpoint.load_all(models)
    return measure_missing(scores_file(path, count, loaded), loaded, images, scores_of)


def measure_missing(
    file: ResultsFile[Result],
    models: dict[str, VisionTransformer],
    images: Sequence[Tensor],
    measured: Measurement[Result],
) -> list[Result]:
    """Measure the digits that a file does not have, and return all its results; progress on the error stream.

    Args:
        file: of results with a `model` and a `digit`.
        measured: yields the results of each digit that is not known, for a model's name, the model, all images and
            the known digits.

    Raises:
        ValueError: the file has other measurements, or none.
    """
    file.resume()
    for name, model in models.items():
        known = {one.digit for one in file.results if one.model == name}
        for done, results in enumerate(measured(name, model, images, known), start=len(known) + 1):
            file.put(*results)
            print(f"\r{name}: {done} of {len(images)} digits", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return file.results


def score_key(score: Score) -> tuple[str, int, str, str]:
    """Identity of a score."""
    return score.model, score.digit, score.mask_mode, score.method


def score_to_json(score: Score) -> dict[str, Any]:
    """Score as a dictionary for JSON; nan becomes None."""
    values = asdict(score)
    measures = values.pop("faithfulness")
    return values | {name: value if isfinite(value) else None for name, value in measures.items()}


def score_from_json(row: dict[str, Any]) -> Score:
    """Score from the dictionary of `score_to_json`."""
    measures = {one.name: nan if row[one.name] is None else row[one.name] for one in fields(Faithfulness)}
    rest = {one.name: row[one.name] for one in fields(Score) if one.name != "faithfulness"}
    return Score(**rest, faithfulness=Faithfulness(**measures))


def run(args: Namespace) -> None:
    """Measure, print, and draw the figure."""
    scores = measure(args.models, args.digits, args.json)
    print(faithfulness_table(scores))
    if args.figure:
        save_figure(scores, args.figure)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
