"""How little ink turns the answer to a test digit: `python -m train.benchmarks.smallest_change`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from train.benchmarks.faithfulness import digits, measure_missing
from train.benchmarks.results_file import ResultsFile
from train.cli import add_digits, carry_out, grid, new_parser
from vit import checkpoint
from vit.explain.smallest_change import BRUSHES, Change, easiest_change
from vit.explain.smallest_erasure import smallest_erasure
from vit.model import VisionTransformer

MAX_SETS = 2500  # sets of patches that are read of a digit: all of up to three of 24 patches
LARGEST = 4  # patches that have a column of their own


@dataclass(frozen=True)
class Smallest:
    """The smallest changes of one digit to the easiest other class.

    Attributes:
        ink: of the least change, by brush, in pixels of full ink; None if none was found.
        added: share of it that is added and not removed, by brush.
        runner_up: whether it turns the answer into the class with the second largest logit, by brush.
        patches: fewest patches whose erasure changes the answer; None if no set that was read does.
        searched: all sets of up to this many patches were read.
        inked: patches with ink.
    """

    model: str
    digit: int
    ink: dict[str, float | None]
    added: dict[str, float | None]
    runner_up: dict[str, bool | None]
    patches: int | None
    searched: int
    inked: int


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure the least ink, and the fewest erased patches, that turn the answer into another digit."
    parser = new_parser("python -m train.benchmarks.smallest_change", description, "models", "results", "threads")
    add_digits(parser, 200)
    return parser


def smallest(name: str, number: int, model: VisionTransformer, image: Tensor) -> Smallest:
    """Search for the smallest changes of one digit (C, H, W)."""
    changes = {brush: easiest_change(model, image, brush) for brush in BRUSHES}
    erasure = smallest_erasure(model, image, limit=MAX_SETS)
    second = runner_up(model, image)
    return Smallest(
        model=name,
        digit=number,
        ink={brush: None if change is None else round(change.ink, 3) for brush, change in changes.items()},
        added={brush: None if change is None else share_added(change) for brush, change in changes.items()},
        runner_up={brush: None if change is None else change.target == second for brush, change in changes.items()},
        patches=len(erasure.patches) if erasure.reached else None,
        searched=erasure.searched,
        inked=erasure.inked,
    )


@torch.no_grad()
def runner_up(model: VisionTransformer, image: Tensor) -> int:
    """Class with the second largest logit for an image (C, H, W)."""
    return int(model(image[None])[0].topk(2).indices[1])


def share_added(change: Change) -> float:
    """Share of a change's ink that is added, in [0, 1]."""
    return round(float(change.added.sum()) / change.ink, 3)


def smallest_changes(
    name: str, model: VisionTransformer, images: Sequence[Tensor], known: Collection[int] = ()
) -> Iterator[list[Smallest]]:
    """Measure each digit (C, H, W); those in `known` are left out."""
    for number, image in enumerate(images):
        if number not in known:
            yield [smallest(name, number, model, image)]


def measure(models: Sequence[str] | None, count: int, path: Path | None = None) -> list[Smallest]:
    """Measure `count` digits, with progress on the error stream; resumes from the file if it exists.

    Raises:
        ValueError: the file has other measurements, or none.
    """
    images, loaded = digits(count), checkpoint.load_all(models)
    weights = {name: checkpoint.digest(model.state_dict(), {}) for name, model in loaded.items()}
    conditions = {"made_of": {"digits": count, "weights": weights, "sets": MAX_SETS}}
    file = ResultsFile("smallest", conditions, result_key, asdict, from_json, path)
    return measure_missing(file, loaded, images, smallest_changes)


def result_key(one: Smallest) -> tuple[str, int]:
    """Identity of a result."""
    return one.model, one.digit


def from_json(row: dict[str, Any]) -> Smallest:
    """Result from the dictionary that the file has."""
    return Smallest(**row)


def report(results: Sequence[Smallest]) -> str:
    """Two tables in Markdown, with a row for each model: ink, and erased patches."""
    groups: dict[str, list[Smallest]] = {}
    for one in results:
        groups.setdefault(one.model, []).append(one)
    return f"{ink_table(groups)}\n\n{patch_table(groups)}"


def ink_table(groups: dict[str, list[Smallest]]) -> str:
    """Table of the least ink: median with the middle 80 % of the digits, by model and brush."""
    head = ["model", "brush", "digits", "least ink, pixels", "of it added", "to the runner-up", "no change found"]
    rows = []
    for model, group in groups.items():
        for brush in BRUSHES:
            ink, added, second = (
                [getattr(one, name)[brush] for one in group] for name in ("ink", "added", "runner_up")
            )
            shares, lost = [mean_share(added), mean_share(second)], sum(value is None for value in ink)
            rows.append([f"`{model}`", brush, str(len(group)), spread(ink), *shares, str(lost)])
    return grid(head, rows)


def patch_table(groups: dict[str, list[Smallest]]) -> str:
    """Table of the fewest erased patches: the share of the digits that 1, 2, ... patches turn, by model."""
    counts = [*range(1, LARGEST), f"{LARGEST} or more"]
    head = ["model", "digits", "patches with ink", "fewest erased", *(f"{count} erased" for count in counts)]
    head += ["no set turns it", "more than were tried"]
    rows = []
    for model, group in groups.items():
        found = [0 if one.patches is None else one.patches for one in group]
        exact = [found.count(size) for size in range(1, LARGEST)] + [sum(size >= LARGEST for size in found)]
        none = sum(one.patches is None and one.searched == one.inked for one in group)
        shares = [share(count, len(group)) for count in [*exact, none, len(group) - sum(exact) - none]]
        inked = f"{np.median([one.inked for one in group]):.0f}"
        fewest = spread([one.patches for one in group], decimals=0)
        rows.append([f"`{model}`", str(len(group)), inked, fewest, *shares])
    return grid(head, rows)


def spread(values: Sequence[float | None], decimals: int = 1) -> str:
    """Median with the middle 80 %; None is more than all, and shown as inf."""
    numbers = [inf if value is None else value for value in values]
    low, middle, high = (f"{each:.{decimals}f}" for each in np.quantile(numbers, [0.1, 0.5, 0.9], method="lower"))
    return f"{middle} ({low} to {high})"


def mean_share(shares: Sequence[float | None]) -> str:
    """Mean as a percentage, without the digits that have none."""
    known = [value for value in shares if value is not None]
    return f"{100 * np.mean(known):.0f} %" if known else "-"


def share(count: int, total: int) -> str:
    """Share as a percentage."""
    return f"{100 * count / total:.1f} %"


def run(args: Namespace) -> None:
    """Measure and print."""
    print(report(measure(args.models, args.digits, args.json)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
