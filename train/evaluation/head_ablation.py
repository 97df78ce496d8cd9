"""Ablation of heads, layers and positions: the test accuracy without each of them.

`python -m train.evaluation.head_ablation --model NAME` measures, prints, and with `--write` stores the figures in the
checkpoint, where the page finds them. One part is removed at a time, so two parts that can replace each other both seem
unimportant.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from train.cli import carry_out, grid, new_parser
from train.data.dataset import Digits, load, tqdm_progress
from train.evaluation.robustness import sample_digits
from train.score import evaluate
from vit import VisionTransformer, checkpoint
from vit.analysis.ablation import without
from vit.files import check_destination


def measure_ablations(model: VisionTransformer, digits: Digits) -> dict[str, Any]:
    """Accuracy of the whole model (`all`), and without each head (L x h), each layer and the positions."""
    L, h = model.config.depth, model.config.num_heads

    def accuracy(**off: Any) -> float:
        return evaluate(without(model, **off), digits).accuracy

    return {
        "all": accuracy(),
        "heads": [[accuracy(heads=[(layer, head)]) for head in range(h)] for layer in range(L)],
        "layers": [accuracy(layers=[layer]) for layer in range(L)],
        "positions": accuracy(positions=False),
    }


def ablation_table(accuracies: dict[str, Any]) -> str:
    """Table in Markdown of the accuracy that each part adds, in percentage points."""

    def cost(accuracy: float) -> str:
        return f"{100 * (accuracies['all'] - accuracy):+.2f}"

    heads = range(1, len(accuracies["heads"][0]) + 1)
    rows = [
        [f"layer {layer}", *map(cost, costs), cost(whole)]
        for layer, (costs, whole) in enumerate(zip(accuracies["heads"], accuracies["layers"], strict=True), start=1)
    ]
    text = grid(["points lost without", *(f"head {head}" for head in heads), "the layer"], rows)
    positions, whole = cost(accuracies["positions"]), 100 * accuracies["all"]
    return f"{text}\n\nWithout positions: {positions}. With everything: {whole:.2f} %."


def command_line() -> ArgumentParser:
    """Describe the command line."""
    prog, description = "python -m train.evaluation.head_ablation", "Measure the accuracy without each head and layer."
    return new_parser(prog, description, "model", "data", "digits", "write", "threads")


def run(args: Namespace) -> None:
    """Measure, print, and store the figures if asked.

    Raises:
        ValueError: figures of a few digits alone would be stored.
    """
    path = checkpoint.locate(args.model)
    if args.write:
        check_destination("model", path)
        if args.digits:
            raise ValueError(f"digits must be left out with --write, got {args.digits}")
    test_set = sample_digits(load("test", args.data, tqdm_progress()), args.digits)
    accuracies = measure_ablations(checkpoint.load(path), test_set)
    print(ablation_table(accuracies))
    if args.write:
        checkpoint.add(path, {"parts": accuracies})
        print(f"stored in {path}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
