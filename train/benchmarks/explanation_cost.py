"""Cost of each explanation: `python -m train.benchmarks.explanation_cost` counts its forward passes and times them.

Each image, or subset of its patches, counts as one forward pass. The time is processor time of the whole process. Its
ratio is to the time of one plain forward pass, measured in turns.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from train.benchmarks.faithfulness import digits
from train.benchmarks.inference import cpu_milliseconds
from train.cli import add_digits, carry_out, grid, new_parser, this_machine
from vit import checkpoint
from vit.explain.methods import METHODS
from vit.model import VisionTransformer

TITLES = ("model", "method", "forward passes", "ms", "times one pass")
ONE_FORWARD = "one forward pass"


@dataclass(frozen=True)
class Cost:
    """Cost of a method, medians over digits: forward passes, milliseconds, and their ratio to one forward pass."""

    model: str
    method: str
    forward_passes: float
    ms: float
    ratio: float


@contextmanager
def count_images(model: VisionTransformer) -> Iterator[list[int]]:
    """Count the images that pass the first block; yield a list with one number for each call."""
    counts: list[int] = []

    def count(_block: nn.Module, inputs: tuple[Tensor, ...], _output: object) -> None:
        counts.append(len(inputs[0]))

    handle = model.blocks[0].register_forward_hook(count)
    try:
        yield counts
    finally:
        handle.remove()


def measure_cost(name: str, model: VisionTransformer, method: str, images: Sequence[Tensor]) -> Cost:
    """Measure one method of `METHODS`, or `ONE_FORWARD`, on each image (C, H, W), for the predicted class."""
    ask = predict_logits if method == ONE_FORWARD else METHODS[method].ask
    targets = [int(predict_logits(model, image, 0).argmax()) for image in images]
    rounds = []
    for image, target in zip(images, targets, strict=True):
        with count_images(model) as counts:
            ask(model, image, target)  # also the warm-up of the timed call
        once = median(cpu_milliseconds(partial(predict_logits, model, image, target)) for _ in range(5))
        rounds.append((sum(counts), once, cpu_milliseconds(partial(ask, model, image, target))))
    forward_passes, ms = (median(row[column] for row in rounds) for column in (0, 2))
    return Cost(name, method, forward_passes, ms, median(ms / once for _, once, ms in rounds))


@torch.no_grad()
def predict_logits(model: VisionTransformer, image: Tensor, _target: int) -> Tensor:
    """Logits (K,) of one image; has the arguments of a method."""
    return model(image[None])[0]


def costs_table(costs: Iterable[Cost]) -> str:
    """Table of the costs in Markdown."""
    titles = {key: method.title for key, method in METHODS.items()}
    rows = [
        [
            f"`{one.model}`",
            titles.get(one.method, one.method),
            f"{one.forward_passes:,.0f}",
            f"{one.ms:,.1f}",
            f"{one.ratio:,.0f}",
        ]
        for one in costs
    ]
    return grid(TITLES, rows)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Count the forward passes of every explanation, and measure its time."
    parser = new_parser("python -m train.benchmarks.explanation_cost", description, "models", "json", "threads")
    add_digits(parser, 10)
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Measure all methods, and print the table."""
    images, models = digits(args.digits), checkpoint.load_all(args.models)
    costs = [
        measure_cost(name, model, key, images) for name, model in models.items() for key in (ONE_FORWARD, *METHODS)
    ]
    machine = this_machine()
    print(
        f"{machine['processor']}, {args.threads} thread, torch {machine['torch']}; medians over {args.digits} digits.\n"
    )
    print(costs_table(costs))
    return {"machine": machine, "costs": [asdict(one) for one in costs]}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
