"""Teach a model the symbols of a file: `python -m train.own_classes FILE.json`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from train.cli import carry_out, grid, new_parser
from train.own_classes.drawings import load_drawings
from train.own_classes.learning import OwnClassesConfig, learn
from train.score import wilson
from vit import checkpoint
from vit.files import check_destination


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Teach a copy of a model the classes of a file that the page's view Symbols exports."
    parser = new_parser("python -m train.own_classes", description, "model", "json", "threads")
    parser.add_argument("file", metavar="FILE", help="drawings, as Symbols exports them (.json)")
    parser.add_argument("--out", metavar="FILE", help="write the model here (.safetensors)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of parts and augmentation (default: 0)")
    steps = "steps that change all weights; 0 for a new head alone (default: %(default)s)"
    parser.add_argument("--steps", type=int, default=OwnClassesConfig.steps, metavar="N", help=steps)
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Learn the drawings of a file, print how many are read when they are left out, and save the model if asked."""
    if args.out:
        check_destination("out", args.out)
    names, drawings = load_drawings(args.file)
    config = OwnClassesConfig(seed=args.seed, steps=args.steps)
    result = learn(checkpoint.load(args.model), drawings, names, config)
    print(table(names, result.confusion))
    share = result.right / len(drawings)
    low, high = wilson(share, len(drawings))
    print(f"\nread {result.right} of {len(drawings)} left-out drawings: {share:.1%} ({low:.1%} to {high:.1%})")
    if args.out:
        recipe = {"classes_of": str(args.model), "drawings": len(drawings), "steps": config.steps, "seed": config.seed}
        checkpoint.save(result.model, args.out, recipe)
        print(f"stored in {args.out}")
    counts = {"right": result.right, "drawings": len(drawings), "interval": [low, high]}
    return {"model": args.model, "names": names, **counts, "confusion": result.confusion.tolist()}


def table(names: Sequence[str], confusion: Tensor) -> str:
    """Table in Markdown of a confusion matrix (K, K): how many drawings of each class were read as each."""
    rows = [[name, *map(str, counts)] for name, counts in zip(names, confusion.tolist(), strict=True)]
    return grid(["drawn, read as", *names], rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
