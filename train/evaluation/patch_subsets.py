"""Accuracy against the number of visible patches: `python -m train.evaluation.patch_subsets --models NAME FILE ...`.

All models get the same random subsets of patches; the other patches are not in their input. The result is meaningful
for models that were trained with patch dropout.
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
from train.evaluation.figures import visible_patches_figure
from train.evaluation.robustness import sample_digits
from train.score import EVALUATED_AT_ONCE
from vit import checkpoint
from vit.files import replacing
from vit.model import VisionTransformer

MAX_COUNTS = 16  # numbers of visible patches, besides none
SEED = 30_000  # of the subsets, which are the same for all models with the same grid

Curve = dict[int, float]


def visible_counts(num_patches: int) -> list[int]:
    """Numbers of visible patches to measure, from none to all."""
    return torch.linspace(0, num_patches, min(MAX_COUNTS, num_patches) + 1).round().int().tolist()


@torch.inference_mode()
def accuracy(model: VisionTransformer, digits: Digits, visible: int) -> float:
    """Accuracy in [0, 1] with `visible` random patches of each digit.

    Raises:
        ValueError: there are no digits.
    """
    if not len(digits):
        raise ValueError("digits must hold at least one image to read, got none")
    generator, right = torch.Generator().manual_seed(SEED + visible), 0
    for images, labels in batches(digits, EVALUATED_AT_ONCE):
        patches = random_patches(len(images), model.config.num_patches, visible, generator)
        right += int((model(images, patches).argmax(dim=-1) == labels).sum())
    return right / len(digits)


def accuracy_curve(model: VisionTransformer, digits: Digits) -> Curve:
    """Accuracy at each of `visible_counts`; errors as in `accuracy`."""
    return {visible: accuracy(model, digits, visible) for visible in visible_counts(model.config.num_patches)}


def curves_table(curves: Mapping[str, Curve]) -> str:
    """Tables of curves in Markdown, one table for each grid size."""
    grids: dict[tuple[int, ...], list[str]] = {}
    for name, accuracies in curves.items():
        grids.setdefault(tuple(accuracies), []).append(name)
    tables = []
    for counts, names in grids.items():
        rows = ([str(count), *(f"{curves[name][count]:.2%}" for name in names)] for count in counts)
        tables.append(grid([f"visible patches, of {counts[-1]}", *(f"`{name}`" for name in names)], rows))
    return "\n\n".join(tables)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    prog, description = "python -m train.evaluation.patch_subsets", "Measure accuracy against visible patches."
    return new_parser(prog, description, "models", "data", "digits", "json", "figure", "threads")


def run(args: Namespace) -> dict[str, Any]:
    """Measure, print the table and draw the figure."""
    models = checkpoint.load_all(args.models)
    digits = sample_digits(load("test", args.data, tqdm_progress()), args.digits)
    curves = {name: accuracy_curve(model, digits) for name, model in models.items()}
    print(curves_table(curves))
    if args.figure:
        with replacing(args.figure) as partial:
            visible_patches_figure(curves).savefig(partial, format=args.figure.suffix[1:], dpi=110)
    return curves


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
