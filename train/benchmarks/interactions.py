"""How many interactions explain a prediction, on fixed MNIST test digits: `python -m train.benchmarks.interactions`."""

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
from vit.explain.coalitions import MAX_MASKABLE, log_odds_table, num_maskable
from vit.explain.interactions import (
    Account,
    best_terms,
    choose_sets,
    first_at_least,
    moebius,
    r_squared,
    walsh_hadamard,
)
from vit.explain.masking import MASK_MODES, MaskedModel
from vit.model import VisionTransformer

TERMS = (1, 3, 5, 10, 20)
MOST = 512  # terms of an account; the values of one digit need 0.3 GB
INKED = 14  # patches with ink, at most, in a model with more than 16 patches


@dataclass(frozen=True)
class Explained:
    """How much few terms explain of one digit's table, and how many terms explain most of it.

    Attributes:
        patches: maskable patches n; the table has 2**n subsets.
        r_squared: of the account with as many terms as `TERMS` says.
        largest: R squared of the five largest interactions of the Moebius transform, not fitted.
        terms_90, terms_99: terms that reach an R squared of 0.9 and 0.99; None for more than `MOST`.
        walsh_90, walsh_99: the same of the Walsh-Hadamard transform, the best of all orthogonal terms.
    """

    model: str
    digit: int
    mask_mode: str
    patches: int
    r_squared: list[float]
    largest: float
    terms_90: int | None
    terms_99: int | None
    walsh_90: int
    walsh_99: int


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Measure how much of a prediction few interactions of patches explain, over all subsets of patches."
    parser = new_parser("python -m train.benchmarks.interactions", description, "models", "results", "threads")
    add_digits(parser, 200)
    return parser


def masked_models(model: VisionTransformer, image: Tensor) -> Iterator[MaskedModel]:
    """Yield the masked model in both mask modes; of a model with many patches, only those with ink are maskable.

    Nothing where more than `INKED` of many patches have ink: the table of all subsets would take minutes.
    """
    many = model.config.num_patches > MAX_MASKABLE
    for mask_mode in MASK_MODES:
        masked = MaskedModel(model, image, mask_mode, only_ink=many)
        if not many or len(masked.maskable) <= INKED:
            yield masked


def explained(name: str, number: int, mask_mode: str, values: Tensor) -> Explained:
    """Measure the accounts of one digit from the log-odds of all subsets (2**n,)."""
    selection, best = choose_sets(values, MOST, enough=0.99), best_terms(walsh_hadamard(values))
    curve = selection.r_squared
    return Explained(
        model=name,
        digit=number,
        mask_mode=mask_mode,
        patches=num_maskable(values),
        r_squared=[round(float(curve[min(terms, len(curve)) - 1]), 4) for terms in TERMS],
        largest=round(largest_interactions(values, 5), 4),
        terms_90=first_at_least(curve, 0.9),
        terms_99=first_at_least(curve, 0.99),
        walsh_90=first_at_least(best, 0.9) or 0,
        walsh_99=first_at_least(best, 0.99) or 0,
    )


def largest_interactions(values: Tensor, count: int) -> float:
    """R squared of the largest interactions of v (2**n,), with their own values, beside v of no patch."""
    interactions = moebius(values)
    sets = 1 + interactions[1:].abs().argsort(descending=True)[:count]
    account = Account(float(values[0]), sets.tolist(), interactions[sets])
    return r_squared(values, account.table(num_maskable(values)))


def explained_digits(
    name: str, model: VisionTransformer, images: Sequence[Tensor], known: Collection[int] = ()
) -> Iterator[list[Explained]]:
    """Measure each digit (C, H, W) in both mask modes, for the predicted class; those in `known` are left out."""
    for number, image in enumerate(images):
        if number in known:
            continue
        with torch.no_grad():
            target = int(model(image[None]).argmax())
        yield [
            explained(name, number, masked.mask_mode, log_odds_table(masked, target))
            for masked in masked_models(model, image)
        ]


def measure(models: Sequence[str] | None, count: int, path: Path | None = None) -> list[Explained]:
    """Measure `count` digits, with progress on the error stream; resumes from the file if it exists.

    Raises:
        ValueError: the file has other measurements, or none.
    """
    images, loaded = digits(count), checkpoint.load_all(models)
    weights = {name: checkpoint.digest(model.state_dict(), {}) for name, model in loaded.items()}
    conditions = {"made_of": {"digits": count, "weights": weights, "terms": list(TERMS), "most": MOST}}
    file = ResultsFile("explained", conditions, result_key, asdict, from_json, path)
    return measure_missing(file, loaded, images, explained_digits)


def result_key(one: Explained) -> tuple[str, int, str]:
    """Identity of a result."""
    return one.model, one.digit, one.mask_mode


def from_json(row: dict[str, Any]) -> Explained:
    """Result from the dictionary that the file has."""
    return Explained(**row)


def table(results: Sequence[Explained]) -> str:
    """Table in Markdown: one row for each model and mask mode."""
    curve = [f"R² of {terms} terms" for terms in TERMS]
    head = ["model", "a patch is", "digits", "patches that can be missing", *curve, "R² of the 5 largest, not fitted"]
    head += ["terms to R² 0.9", "to 0.99", "Walsh terms to 0.9", "to 0.99"]
    groups: dict[tuple[str, str], list[Explained]] = {}
    for one in results:
        groups.setdefault((one.model, one.mask_mode), []).append(one)
    return grid(head, [row(*names, group) for names, group in sorted(groups.items())])


def row(model: str, mask_mode: str, group: Sequence[Explained]) -> list[str]:
    """Cells of one model and mask mode: medians, and the middle 80 % of the digits for the numbers of terms."""
    curve = np.median([one.r_squared for one in group], axis=0)
    return [
        f"`{model}`",
        mask_mode,
        str(len(group)),
        spread([one.patches for one in group]),
        *(f"{value:.2f}" for value in curve),
        f"{np.median([one.largest for one in group]):.1f}",
        *(spread([one.terms_90 for one in group]), spread([one.terms_99 for one in group])),
        *(spread([one.walsh_90 for one in group]), spread([one.walsh_99 for one in group])),
    ]


def spread(counts: Sequence[int | None]) -> str:
    """Median with the middle 80 %, of whole numbers; None is more than `MOST`."""
    numbers = [inf if count is None else count for count in counts]
    low, middle, high = np.quantile(numbers, [0.1, 0.5, 0.9], method="lower")
    return f"{whole(middle)} ({whole(low)} to {whole(high)})"


def whole(number: float) -> str:
    """A number of terms as text."""
    return f"over {MOST}" if number == inf else f"{number:.0f}"


def run(args: Namespace) -> None:
    """Measure and print."""
    print(table(measure(args.models, args.digits, args.json)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
