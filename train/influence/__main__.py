"""Check what training digits do to answers: `python -m train.influence --digits 50 --json FILE`.

For each test digit, groups of twenty training digits are unlearned, or left out when the head is fitted again. If a
method finds the digits that an answer was learned from, the answer must suffer more than from digits at random.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from train.benchmarks.faithfulness_report import interval
from train.cli import add_digits, carry_out, grid, new_parser, this_machine
from train.data.dataset import Digits, load
from train.influence.features import head_inputs, learned_digits, read_features
from train.influence.groups import GROUP, accuracy, choose_groups, effects
from train.influence.head_refit import HeadFit, answer, fit_head, with_one
from train.influence.tracin import Checkpoint, Influential, influences, most_influential, overlaps, ranked
from train.influence.unlearning import CHECKS
from vit import checkpoint
from vit.config import check_whole
from vit.model import VisionTransformer

TITLES = {
    "supporters": "supporters (TracIn)",
    "influence": "influence function of the head",
    "nearest": "nearest by the cls token",
    "pixels": "nearest by pixels",
    "hardest": "same label, largest loss",
    "same_label": "same label, at random",
    "random": "at random",
}
OTHERS = 1000  # test digits that show what else a model has unlearned

Row = dict[str, Any]


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Unlearn the training digits that support an answer, and others, and see what each does to it."
    parser = new_parser("python -m train.influence", description, "model", "data", "threads", "json")
    add_digits(parser, 50)
    parser.add_argument("--images", type=int, metavar="N", help="search only N training digits (default: all)")
    parser.add_argument(
        "--searched", type=int, default=5, metavar="N", help="test digits that check the search (default: %(default)s)"
    )
    return parser


def measure_digit(one: Checkpoint, fit: HeadFit, digits: Digits, image: Tensor, *, seed: int, others: Digits) -> Row:
    """Measure the groups of one test digit (C, H, W): changes of the log-odds of its answer, by check and group."""
    model = one.model
    with torch.no_grad():
        row, target = with_one(head_inputs(model, image[None])[0]), int(model(image[None]).argmax())
    groups = choose_groups(one, digits, image, target, seed=seed)
    groups["influence"] = ranked(torch.arange(len(digits)), fit.influences(row, target), GROUP).places
    chosen = {name: digits.subset(places) for name, places in groups.items()}
    measured: Row = {"answer": target}
    for check, config in CHECKS.items():
        found = effects(model, chosen, image, target, config=config, others=others)
        measured[check] = {name: effect.change for name, effect in found.items()}
        measured[f"accuracy_{check}"] = {name: effect.accuracy for name, effect in found.items()}
    whole = answer(fit.weights, row, target)
    measured["refit"] = {
        name: answer(fit.without(places), row, target) - whole for name, places in groups.items() if len(places)
    }
    measured["own_label"] = {
        name: (part.labels == target).float().mean().item() for name, part in chosen.items() if len(part)
    }
    return measured


def check_search(one: Checkpoint, digits: Digits, images: Sequence[Tensor]) -> Iterator[list[float]]:
    """Yield, for each image, how much of the exact supporters and opponents the search finds, in [0, 1]."""
    for image in images:
        with torch.no_grad():
            target = int(one.model(image[None]).argmax())
        values = influences([one], digits, image, target)  # of all digits
        places = torch.arange(len(digits))
        exact: list[Influential] = [ranked(places, side * values, GROUP) for side in (1, -1)]
        yield list(overlaps(most_influential([one], digits, image, target, count=GROUP), exact))
        progress("search checked")


def progress(words: str) -> None:
    """Print one line on the error stream."""
    print(words, file=sys.stderr, flush=True)


def measure(model: VisionTransformer, digits: Digits, test: Digits, count: int, searched: int) -> Row:
    """Measure `count` test digits, evenly spaced, and check the search with the first `searched` of them."""
    places = torch.linspace(0, len(test) - 1, count).round().long()
    images = list(test.images[places][:, None].float() / 255)  # (1, H, W) each
    rest = torch.ones(len(test), dtype=torch.bool)
    rest[places] = False
    others = test.subset(rest.nonzero()[:OTHERS, 0])
    one = Checkpoint(model, read_features(model, digits))
    progress(f"{len(digits):,} training digits read")
    fit = fit_head(model, one.features, digits.labels)
    progress("head fitted")
    rows = []
    for number, image in enumerate(images):
        rows.append(
            {"digit": int(places[number])} | measure_digit(one, fit, digits, image, seed=2 * number, others=others)
        )
        progress(f"{number + 1} of {count}")
    found = list(check_search(one, digits, images[:searched]))
    return {"rows": rows, "search": found, "accuracy": accuracy(model, others), "training_digits": len(digits)}


def report(result: Row) -> str:
    """Return the tables in Markdown."""
    rows = result["rows"]
    head = ["group of twenty", "with the answer's label", "unlearned, equal length", "unlearned, equal rate"]
    head += ["left out of the head", "accuracy after equal length, equal rate"]
    body = []
    for name, title in TITLES.items():
        shares = [f"{interval(row[key][name] for row in rows if name in row[key])[0]:.1%}" for key in ACCURACIES]
        cells = [cell([row[check].get(name) for row in rows]) for check in (*CHECKS, "refit")]
        own = interval(row["own_label"][name] for row in rows if name in row["own_label"])[0]
        body.append([title, f"{own:.0%}", *cells, ", ".join(shares)])
    lines = [grid(head, body), "", grid(["against the same label, at random", *head[2:5]], list(differences(rows)))]
    if result["search"]:
        sides = [sum(side) / len(side) for side in zip(*result["search"], strict=True)]
        lines += ["", "Found by the search: {:.1%} of the exact supporters, {:.1%} of the opponents.".format(*sides)]
    lines += ["", f"Accuracy before: {result['accuracy']:.1%}; training digits: {result['training_digits']:,}."]
    return "\n".join(lines)


ACCURACIES = tuple(f"accuracy_{check}" for check in CHECKS)


def differences(rows: Sequence[Row]) -> Iterator[list[str]]:
    """Yield table rows: how much more the answer suffers from a group than from the same label, digit by digit."""
    for name in ("supporters", "influence", "nearest", "pixels", "hardest"):
        pairs = [[(row[check].get(name), row[check].get("same_label")) for row in rows] for check in (*CHECKS, "refit")]
        yield [TITLES[name], *(cell([None if None in pair else pair[0] - pair[1] for pair in part]) for part in pairs)]


def cell(values: Sequence[float | None]) -> str:
    """Mean with its 95 % interval; None is left out."""
    mean, low, high = interval(value for value in values if value is not None)
    return f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"


def run(args: Namespace) -> Row:
    """Measure, print, and return the result for `--json`."""
    test = load("test", args.data)
    check_whole("digits", args.digits, 1, len(test) // 2)
    check_whole("searched", args.searched, 0, args.digits)
    digits = learned_digits(args.model, args.data, args.images)
    result = measure(checkpoint.load(args.model), digits, test, args.digits, args.searched)
    print(report(result))
    return {"model": str(args.model), "machine": this_machine()} | result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
