"""A ViT, a CNN and an MLP of the same size on the same batches: `python -m train.benchmarks.families`.

It prints the accuracy for each epoch, second and weight, and what is left of it when the digits are moved, stretched,
turned, or cut into patches and shuffled.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any

from train.benchmarks.report import number, percent
from train.cli import carry_out, grid, new_parser, this_machine
from train.config import TrainConfig
from train.data.dataset import Digits, load, tqdm_progress
from train.evaluation.robustness import sample_digits
from train.events import Epoch
from train.families.changes import CHANGES, PATCH, accuracies, shuffle_all
from train.families.network import Classifier
from train.families.race import TITLES, contestants, race, race_training
from train.score import evaluate, wilson
from vit.config import check_whole

TARGET = 0.95  # test accuracy
SHUFFLED = {"nothing": 0, "patches": PATCH, "pixels": 1}  # side of what has a new place in all digits, learned and read


@dataclass
class Result:
    """What one network reached.

    Attributes:
        num_params: its weights.
        accuracy: on the test digits after each epoch, in [0, 1].
        seconds: of its own training until the end of each epoch.
        changed: accuracy after each of `train.families.changes.CHANGES`.
    """

    num_params: int
    accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    changed: dict[str, float] = field(default_factory=dict)

    def until(self, target: float) -> float:
        """Seconds until the end of the first epoch with an accuracy; infinite if there is none."""
        reached = [seconds for seconds, accuracy in zip(self.seconds, self.accuracy, strict=True) if accuracy >= target]
        return min(reached, default=inf)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Train a ViT, a CNN and an MLP of the same size on the same batches, and compare them."
    parser = new_parser("python -m train.benchmarks.families", description, "data", "digits", "json", "threads")
    parser.add_argument("--epochs", type=int, default=5, metavar="N", help="epochs (default: %(default)s)")
    parser.add_argument("--images", type=int, metavar="N", help="training digits (default: all)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and batches (default: 0)")
    what = "what has a new place, the same in all digits (default: nothing)"
    parser.add_argument("--shuffled", choices=tuple(SHUFFLED), default="nothing", help=what)
    return parser


def load_digits(args: Namespace) -> tuple[Digits, Digits]:
    """Return the training and the test digits that the flags ask for.

    Raises:
        ValueError: a number of them is not positive.
    """
    train_set = load("train", args.data, tqdm_progress())
    if args.images is not None:
        check_whole("images", args.images, 1)
    sets = train_set.subset(slice(args.images)), sample_digits(load("test", args.data, tqdm_progress()), args.digits)
    side = SHUFFLED[args.shuffled]
    return (shuffle_all(sets[0], side), shuffle_all(sets[1], side)) if side else sets


def measure(
    models: Mapping[str, Classifier], train_set: Digits, test_set: Digits, config: TrainConfig
) -> dict[str, Result]:
    """Train the models on the same batches, and test them after each epoch."""
    results = {name: Result(model.num_params) for name, model in models.items()}
    for events in race(models, train_set, test_set.subset(slice(0)), config):
        for name, event in events.items():
            if isinstance(event, Epoch):
                results[name].seconds.append(round(event.seconds, 3))
                results[name].accuracy.append(evaluate(models[name], test_set).accuracy)
                print(f"{TITLES[name]}, epoch {event.epoch}: {percent(results[name].accuracy[-1])}", file=sys.stderr)
    for name, model in models.items():
        results[name].changed = accuracies(model, test_set)
    return results


def epochs_table(results: Mapping[str, Result]) -> str:
    """Table of the accuracy after each epoch in Markdown."""
    epochs = range(max(len(one.accuracy) for one in results.values()))
    rows = [[str(epoch + 1), *(percent(one.accuracy[epoch]) for one in results.values())] for epoch in epochs]
    return grid(["epoch", *(TITLES[name] for name in results)], rows)


def cost_table(results: Mapping[str, Result], digits: int) -> str:
    """Table of accuracy, weights and seconds in Markdown; ratios are to the ViT."""
    head = ["network", "weights", "test accuracy (95 % interval)", "seconds an epoch", "of the ViT's seconds"]
    head += [f"seconds to {percent(TARGET, 0)}", "accuracy a second, times the ViT's", "points for 1,000 weights"]
    base = results["vit"]
    return grid(head, [cost_row(name, one, base, digits) for name, one in results.items()])


def cost_row(name: str, one: Result, base: Result, digits: int) -> list[str]:
    """Cells of one network."""
    accuracy, seconds = one.accuracy[-1], one.seconds[-1]
    low, high = wilson(accuracy, digits)
    ratio = (accuracy / seconds) / (base.accuracy[-1] / base.seconds[-1]) if base.accuracy[-1] else 0.0
    return [
        TITLES[name],
        f"{one.num_params:,}",
        f"{percent(accuracy)} ({percent(low)} to {percent(high)})",
        number(seconds / len(one.seconds)),
        f"{seconds / base.seconds[-1]:.2f}",
        number(one.until(TARGET)),
        f"{ratio:.2f}",
        f"{100 * accuracy / (one.num_params / 1000):.3f}",
    ]


def changes_table(results: Mapping[str, Result]) -> str:
    """Table of the accuracy on changed digits in Markdown."""
    rows = [[change, *(percent(one.changed[change], 1) for one in results.values())] for change in CHANGES]
    return grid(["test digits", *(TITLES[name] for name in results)], rows)


def run(args: Namespace) -> dict[str, Any]:
    """Train, measure and print."""
    config = race_training(args.epochs, args.seed)
    train_set, test_set = load_digits(args)
    results = measure(contestants(args.seed), train_set, test_set, config)
    machine = this_machine()
    threads = f"{args.threads} thread{'s' * (args.threads != 1)}"
    print(
        f"{machine['processor']}, {threads}, torch {machine['torch']}; {len(train_set):,} digits to learn, "
        f"{len(test_set):,} to test; shuffled in all of them: {args.shuffled}.\n"
    )
    print("\n\n".join([epochs_table(results), cost_table(results, len(test_set)), changes_table(results)]))
    conditions = {"epochs": args.epochs, "images": len(train_set), "digits": len(test_set), "shuffled": args.shuffled}
    return {"machine": machine, **conditions, "networks": {name: asdict(one) for name, one in results.items()}}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
