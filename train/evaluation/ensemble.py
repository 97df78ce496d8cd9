"""How well models read the held-out digits, each alone and all together: `python -m train.evaluation.ensemble A B C`.

"Together" is the mean of their probabilities, what a student learns from them (`train.distillation`). An ensemble is
worth its time as a teacher if it reads more held-out digits than its student; the test digits are not read.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from train.cli import carry_out, grid, new_parser
from train.data.dataset import Digits, load, split, tqdm_progress
from train.families.checkpoint import load_classifier, read_recipe
from train.families.network import Classifier
from train.score import Score, read_all, score_of
from train.splits import trained_with

TOGETHER = "together"
HELD_OUT = ("dataset", "val_size", "seed")  # what decides which digits are held out


def scores(models: Mapping[str, Classifier], digits: Digits) -> dict[str, Score]:
    """Return the score of each model by its name, and that of their mean under `TOGETHER`."""
    logits = {name: read_all(model, digits)[0] for name, model in models.items()}
    together = torch.stack([each.softmax(dim=-1) for each in logits.values()]).mean(dim=0).log()
    return {name: score_of(each, digits.labels) for name, each in (logits | {TOGETHER: together}).items()}


def common_held_out(recipes: Mapping[str, Mapping[str, Any]], folder: Path) -> Digits:
    """Return the digits that all models held out, by the recipes of their headers.

    Raises:
        ValueError: a model says nothing about it, has held out no digits, or others than the first.
        DataError: the digits cannot be had.
    """
    configs = {name: trained_with(recipe) for name, recipe in recipes.items()}
    first = next(iter(configs.values()))
    for name, config in configs.items():
        for setting in HELD_OUT:
            if getattr(config, setting) != getattr(first, setting):
                raise ValueError(f"{name} held out other digits than the first model: its {setting} differs")
    return split(load("train", folder, tqdm_progress(), first.dataset), first.val_size, first.seed)[1]


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Read the held-out digits with each model and with the mean of all."
    parser = new_parser("python -m train.evaluation.ensemble", description, "data", "json", "threads")
    parser.add_argument("models", nargs="+", metavar="MODEL", help="shipped name or file, of a ViT or of a network")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Read, print and return the scores."""
    val_set = common_held_out({name: read_recipe(name) for name in args.models}, args.data)
    models = {Path(name).stem: load_classifier(name) for name in args.models}
    found = {
        name: {"right": int(one.confusion.diagonal().sum()), "accuracy": one.accuracy, "loss": one.loss}
        for name, one in scores(models, val_set).items()
    }
    rows = [[name, f"{one['right']:,}", f"{one['accuracy']:.2%}", f"{one['loss']:.5f}"] for name, one in found.items()]
    print(grid(["model", f"right of {len(val_set):,} held-out digits", "accuracy", "loss, nats"], rows))
    return {"val": found}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
