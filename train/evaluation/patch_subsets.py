"""How much of an image a model needs: its accuracy against the number of patches that it sees.

`python -m train.evaluation.patch_subsets --model NAME FILE ...` measures several models on the same subsets of patches,
all others being unseen. To ask a model about subsets is fair only as far as it has learned to answer with patches
missing.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from train.augment import random_patches
from train.cli import carry_out, grid, new_parser
from train.data.dataset import Digits, batches, load, tqdm_progress
from train.evaluation.figures import kept_figure
from train.score import EVALUATED_AT_ONCE
from vit import checkpoint
from vit.files import replacing
from vit.model import VisionTransformer

COUNTS = 16  # of patches that are left are tried, and none, for grids that have more of them
SEED = 30_000  # of the subsets, which are the same for all models of one grid

Curve = dict[int, float]


def counts(num_patches: int) -> list[int]:
    """Return how many patches are left each time, from none to all."""
    return torch.linspace(0, num_patches, min(COUNTS, num_patches) + 1).round().int().tolist()


@torch.inference_mode()
def accuracy(model: VisionTransformer, digits: Digits, kept: int) -> float:
    """Return the share of digits read right, in [0, 1], of which `kept` patches each, chosen at random, are seen.

    Raises:
        ValueError: there are no digits.
    """
    if not len(digits):
        raise ValueError("digits must hold at least one image to read, got none")
    generator, right = torch.Generator().manual_seed(SEED + kept), 0
    for images, labels in batches(digits, EVALUATED_AT_ONCE):
        seen = random_patches(len(images), model.config.num_patches, kept, generator)
        right += int((model(images, seen).argmax(dim=-1) == labels).sum())
    return right / len(digits)


def curve(model: VisionTransformer, digits: Digits) -> Curve:
    """Return the accuracy at each of `counts`; errors as in `accuracy`."""
    return {kept: accuracy(model, digits, kept) for kept in counts(model.config.num_patches)}


def table(curves: Mapping[str, Curve]) -> str:
    """Lay out curves in Markdown, those of one grid in one table."""
    grids: dict[tuple[int, ...], list[str]] = {}
    for name, found in curves.items():
        grids.setdefault(tuple(found), []).append(name)
    tables = []
    for kept, names in grids.items():
        rows = ([str(count), *(f"{curves[name][count]:.2%}" for name in names)] for count in kept)
        tables.append(grid([f"patches seen, of {kept[-1]}", *(f"`{name}`" for name in names)], rows))
    return "\n\n".join(tables)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    prog, description = "python -m train.evaluation.patch_subsets", "Measure accuracy against visible patches."
    return new_parser(prog, description, "models", "data", "json", "figure", "threads")


def run(args: Namespace) -> dict[str, Any]:
    """Measure, print the table and draw the figure."""
    models = checkpoint.load_all(args.models)
    digits = load("test", args.data, tqdm_progress())
    curves = {name: curve(model, digits) for name, model in models.items()}
    print(table(curves))
    if args.figure:
        with replacing(args.figure) as partial:
            kept_figure(curves).savefig(partial, format=args.figure.suffix[1:], dpi=110)
    return curves


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
