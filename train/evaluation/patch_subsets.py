"""How much of an image a model needs: its accuracy against the number of patches that it sees.

`python -m train.evaluation.patch_subsets --model NAME FILE ...` measures several models on the same subsets of patches,
all others being unseen. To ask a model about subsets is fair only as far as it has learned to answer with patches
missing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from train.augment import some_patches
from train.cli import carry_out, grid, use_threads
from train.data.dataset import DataError, Digits, batches, load, tqdm_progress
from train.evaluation.figures import kept_figure
from train.score import EVALUATED_AT_ONCE
from vit import checkpoint
from vit.files import FIGURES, check_destination, replacing, write_json
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
        seen = some_patches(len(images), model.config.num_patches, kept, generator)
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


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m train.evaluation.patch_subsets", description="Accuracy against patches seen."
    )
    parser.add_argument("--model", nargs="+", help="shipped names or files (default: all shipped)")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the IDX files (default: data)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw the curves here (.png or .svg)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: %(default)s)")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    """Measure as asked, print the table and write the files."""
    use_threads(args.threads)
    check_destination("json", args.json)
    check_destination("figure", args.figure, suffixes=FIGURES)
    models = checkpoint.load_all(args.model)
    digits = load("test", args.data, tqdm_progress())
    curves = {name: curve(model, digits) for name, model in models.items()}
    print(table(curves))
    if args.json:
        write_json(args.json, curves)
    if args.figure:
        with replacing(args.figure) as partial:
            kept_figure(curves).savefig(partial, format=args.figure.suffix[1:], dpi=110)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; what goes wrong is told in one sentence."""
    return carry_out("train.evaluation.patch_subsets", run, parse(argv), DataError)


if __name__ == "__main__":
    sys.exit(main())
