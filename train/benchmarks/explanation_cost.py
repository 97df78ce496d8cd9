"""Cost of each explanation: `python -m train.benchmarks.explanation_cost` counts its forward passes and times them.

A reading is one image, or one subset of its patches, on its way through the model. Counted is the processor's time of
the whole process, and the ratio is that to one plain reading, taken in turns with it.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from train.benchmarks.faithfulness import digits
from train.benchmarks.inference import milliseconds
from train.cli import carry_out, grid, new_parser, this_machine
from vit import checkpoint
from vit.explain.methods import METHODS, Ask
from vit.model import VisionTransformer

TITLES = ("model", "method", "readings", "ms", "times one reading")
ONE_READING = "one reading"


@dataclass(frozen=True)
class Cost:
    """What a method took on one digit after another, medians: readings, milliseconds, and how many readings' time."""

    model: str
    method: str
    readings: float
    ms: float
    ratio: float


@contextmanager
def counting(model: VisionTransformer) -> Iterator[list[int]]:
    """Note how many images pass the first block, one entry for each call of it."""
    seen: list[int] = []

    def note(_block: nn.Module, inputs: tuple[Tensor, ...], _output: object) -> None:
        seen.append(len(inputs[0]))

    handle = model.blocks[0].register_forward_hook(note)
    try:
        yield seen
    finally:
        handle.remove()


def cost(name: str, model: VisionTransformer, method: str, images: Sequence[Tensor]) -> Cost:
    """Measure one method of `METHODS`, or `ONE_READING`, on each of `images` (C, H, W), about the digit it shows."""
    ask = plain if method == ONE_READING else METHODS[method].ask
    targets = [int(plain(model, image, 0).argmax()) for image in images]
    rounds = []
    for image, target in zip(images, targets, strict=True):
        with counting(model) as seen:
            ask(model, image, target)  # counted, and warm for what is timed
        once = median(milliseconds(asking(plain, model, image, target)) for _ in range(5))
        rounds.append((sum(seen), once, milliseconds(asking(ask, model, image, target))))
    readings, ms = (median(row[column] for row in rounds) for column in (0, 2))
    return Cost(name, method, readings, ms, median(took / once for _, once, took in rounds))


def asking(ask: Ask, model: VisionTransformer, image: Tensor, target: int) -> Callable[[], Tensor]:
    """Return a question that is ready to be asked."""
    return lambda: ask(model, image, target)


@torch.no_grad()
def plain(model: VisionTransformer, image: Tensor, _target: int) -> Tensor:
    """Return the logits (K,)."""
    return model(image[None])[0]


def table_of(costs: Iterable[Cost]) -> str:
    """Return the costs as a table in Markdown."""
    titles = {key: method.title for key, method in METHODS.items()}
    rows = [
        [
            f"`{one.model}`",
            titles.get(one.method, one.method),
            f"{one.readings:,.0f}",
            f"{one.ms:,.1f}",
            f"{one.ratio:,.0f}",
        ]
        for one in costs
    ]
    return grid(TITLES, rows)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Count and time what every explanation takes."
    parser = new_parser("python -m train.benchmarks.explanation_cost", description, "models", "json", "threads")
    parser.add_argument("--digits", type=int, default=10, metavar="N", help="test digits (default: %(default)s)")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Measure as asked, and print the table."""
    images, models = digits(args.digits), checkpoint.load_all(args.models)
    costs = [cost(name, model, key, images) for name, model in models.items() for key in (ONE_READING, *METHODS)]
    machine = this_machine()
    print(
        f"{machine['processor']}, {args.threads} thread, torch {machine['torch']}; medians over {args.digits} digits.\n"
    )
    print(table_of(costs))
    return {"machine": machine, "costs": [asdict(one) for one in costs]}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
