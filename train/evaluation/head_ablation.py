"""What each head and each layer is worth: the test accuracy without it.

`python -m train.evaluation.head_ablation --model NAME` measures, prints, and with `--write` stores it in the
checkpoint, where the page finds it. All parts are measured one at a time, so two that can stand in for each other both
look cheap.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from train.cli import carry_out, grid, new_parser
from train.data.dataset import Digits, load, tqdm_progress
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


def command_line() -> ArgumentParser:
    """Describe the command line."""
    prog, description = "python -m train.evaluation.head_ablation", "Measure what each head and layer is worth."
    return new_parser(prog, description, "model", "data", "write", "threads")


def run(args: Namespace) -> None:
    """Measure, print, and store where asked."""
    path = checkpoint.locate(args.model)
    if args.write:
        check_destination("model", path)
    found = measure(checkpoint.load(path), load("test", args.data, tqdm_progress()))
    print(table(found))
    if args.write:
        checkpoint.add(path, {"parts": found})
        print(f"stored in {path}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
