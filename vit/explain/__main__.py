"""How true the explanations are: `python -m vit.explain` measures every method on fixed MNIST test digits."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vit import checkpoint
from vit.config import check_positive_int
from vit.console import carry_out
from vit.explain.figures import save_figure
from vit.explain.report import Score, scores_of, table_of

SAMPLES = checkpoint.ASSETS / "samples.npz"


def digits(count: int) -> list[Tensor]:
    """Return so many MNIST test digits (1, 28, 28) in [0, 1], always the same, of those that ship.

    Raises:
        ValueError: there are not so many.
    """
    with np.load(SAMPLES) as samples:
        images = torch.from_numpy(samples["images"])
    if count > len(images):
        raise ValueError(f"digits must be at most {len(images)}, got {count}")
    chosen = torch.linspace(0, len(images) - 1, count).round().long()
    return list(images[chosen][:, None] / 255)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    text = "Measure how true every explanation is, against all subsets of patches."
    parser = argparse.ArgumentParser(prog="python -m vit.explain", description=text)
    parser.add_argument("--digits", type=int, default=200, metavar="N", help="test digits (default: %(default)s)")
    parser.add_argument("--model", action="append", help="shipped name or file, may be repeated (default: all shipped)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every score here")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw the table here (.png or .svg)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: %(default)s)")
    return parser.parse_args(argv)


def measure(models: Sequence[str], count: int) -> list[Score]:
    """Score all methods on so many digits, and say on the error stream how far it is."""
    scores: list[Score] = []
    images = digits(count)
    for name in models:
        model = checkpoint.load(name)
        for done, found in enumerate(scores_of(Path(name).stem, model, images), start=1):
            scores += found
            print(f"\r{name}: {done} of {count} digits", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return scores


def as_json(score: Score) -> dict[str, Any]:
    """Return a score as numbers and text; what cannot be told is null."""
    values = asdict(score)
    measured = values.pop("faithfulness")
    return values | {name: value if isfinite(value) else None for name, value in measured.items()}


def run(args: argparse.Namespace) -> None:
    """Measure, print, and write what was asked for."""
    check_positive_int("digits", args.digits)
    check_positive_int("threads", args.threads)
    torch.set_num_threads(args.threads)
    scores = measure(args.model or checkpoint.shipped(), args.digits)
    print(table_of(scores))
    if args.json:
        lines = ",\n".join(json.dumps(as_json(score)) for score in scores)
        args.json.write_text(f"[\n{lines}\n]\n")
    if args.figure:
        save_figure(scores, args.figure)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; what goes wrong is told in one sentence."""
    return carry_out("vit.explain", run, parse(argv))


if __name__ == "__main__":
    sys.exit(main())
