"""What each head and each layer is worth: the test accuracy without it.

`python -m train.evaluation.head_ablation --model NAME` measures, prints, and with `--write` stores it in the
checkpoint, where the page finds it. All parts are measured one at a time, so two that can stand in for each other both
look cheap.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train.cli import carry_out, grid, use_threads
from train.data.dataset import DataError, Digits, load, tqdm_progress
from train.score import evaluate
from vit import VisionTransformer, checkpoint
from vit.analysis.ablation import without
from vit.files import check_destination


def measure(model: VisionTransformer, digits: Digits) -> dict[str, Any]:
    """Return the accuracy as it is (`all`), without each head (`heads`, L x h) and layer (`layers`), and without
    positions (`positions`)."""
    L, h = model.config.depth, model.config.num_heads

    def accuracy(**off: Any) -> float:
        return evaluate(without(model, **off), digits).accuracy

    return {
        "all": accuracy(),
        "heads": [[accuracy(heads=[(layer, head)]) for head in range(h)] for layer in range(L)],
        "layers": [accuracy(layers=[layer]) for layer in range(L)],
        "positions": accuracy(positions=False),
    }


def table(found: dict[str, Any]) -> str:
    """Return in Markdown how many points of accuracy each part is worth."""

    def cost(accuracy: float) -> str:
        return f"{100 * (found['all'] - accuracy):+.2f}"

    heads = range(1, len(found["heads"][0]) + 1)
    rows = [
        [f"layer {layer}", *map(cost, costs), cost(whole)]
        for layer, (costs, whole) in enumerate(zip(found["heads"], found["layers"], strict=True), start=1)
    ]
    text = grid(["points lost without", *(f"head {head}" for head in heads), "the layer"], rows)
    return f"{text}\n\nWithout positions: {cost(found['positions'])}. With everything: {100 * found['all']:.2f} %."


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m train.evaluation.head_ablation", description="Measure what each part is worth."
    )
    parser.add_argument("--model", default="digits-4x4", help="shipped name or file (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the IDX files (default: data)")
    parser.add_argument("--write", action="store_true", help="store it in the checkpoint")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: %(default)s)")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    """Measure, print, and store where asked."""
    use_threads(args.threads)
    path = checkpoint.locate(args.model)
    if args.write:
        check_destination("model", path)
    found = measure(checkpoint.load(path), load("test", args.data, tqdm_progress()))
    print(table(found))
    if args.write:
        checkpoint.add(path, {"parts": found})
        print(f"stored in {path}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; what goes wrong is told in one sentence."""
    return carry_out("train.evaluation.head_ablation", run, parse(argv), DataError)


if __name__ == "__main__":
    sys.exit(main())
