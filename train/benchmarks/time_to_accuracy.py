"""Time to accuracy on this machine: the blog post's code, our recipe `blog` and our recipe `fast`.

`python -m train.benchmarks.time_to_accuracy` measures all three in one run and prints a table. `--quick` only estimates
the two slow ones; `--quick --images 200` tries the command in a minute or two. All three learn from the training
images and are tested on the test set, as in the post; the time of the tests is not counted.

`torchrun --nproc-per-node=2 -m train.benchmarks.time_to_accuracy --threads 1` trains `fast` with two processes. The
other two then run in the first process, with as many threads.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import ceil, inf
from pathlib import Path
from typing import Any

import torch

from train.benchmarks.blog_post import Training
from train.benchmarks.report import results_table
from train.benchmarks.results import BLOG, FAST, POST, TARGETS, Run, reach, run_from_json
from train.benchmarks.results_file import ResultsFile
from train.cli import carry_out_in_group, new_parser, obey_common_flags, this_machine
from train.config import Recipe, recipe
from train.data.dataset import Digits, load, tqdm_progress
from train.distributed import ProcessGroup
from train.loop import DivergedError, Epoch, Step, fresh_model, train
from train.precision import uses_bfloat16
from train.score import evaluate
from vit.config import check_whole
from vit.model import VisionTransformer

# Epochs of the trainings of `fast`, tried in this order until one reaches the last target. A training that is shorter
# than an epoch sees that share of the images once.
LENGTHS = (0.5, 0.8, 0.9, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16)
QUICK_LENGTHS = (0.8, 1, 2, 4, 8)
SEEDS, QUICK_SEEDS, MAX_SEEDS = 5, 1, 1000
SLOW_SEEDS = 3  # of the post's code and of `blog`, at most: one of their runs takes as long as many of `fast`
SLOW_EPOCHS = 15  # as in the post
WARM_UP, STEPS = 5, 100  # steps of an estimate; the first few are slower and not counted

Progress = Iterator[tuple[float, "float | None"]]  # after each epoch: seconds so far, and test accuracy if measured


@dataclass
class Benchmark:
    """The benchmark on given digits; `file` has the runs so far.

    All processes of a `group` have the same runs, each with its own seconds.
    """

    train_set: Digits
    test_set: Digits
    file: ResultsFile[Run]
    seeds: int
    quick: bool = False
    group: ProcessGroup = field(default_factory=ProcessGroup)

    def measure(self) -> None:
        """Measure the missing runs, short ones first."""
        self.measure_fast()
        self.group.leave()
        if self.group.rank:
            return
        torch.set_num_threads(torch.get_num_threads() * self.group.size)  # the other processes have ended
        for seed in range(1 if self.quick else min(self.seeds, SLOW_SEEDS)):
            for way in (POST, BLOG):
                if self.quick:
                    self.estimate(way, seed)
                else:
                    self.measure_slow(way, seed)

    def measure_fast(self) -> None:
        """Train `fast` at one length after another, with every seed, until the last target is reached."""
        for epochs in QUICK_LENGTHS if self.quick else LENGTHS:
            for seed in range(self.seeds):
                if not self.is_finished(FAST, seed, epochs):
                    model, changed = beginning(FAST, seed, ceil(epochs))
                    progress = self.learn(model, changed, each=False, share=min(epochs, 1), group=self.group)
                    self.follow(our_run(model, changed, FAST, epochs), progress)
            base = reach(FAST, TARGETS[-1], self.file.results)
            if base and base.seconds.median < inf:
                return

    def measure_slow(self, way: str, seed: int) -> None:
        """Train the post's code, or `blog`, for all its epochs and test it after each."""
        if self.is_finished(way, seed, SLOW_EPOCHS):
            return
        if way == POST:
            training = Training(self.train_set, seed)
            run = Run(way, seed, SLOW_EPOCHS, training.num_params)
            self.follow(run, training.epochs(SLOW_EPOCHS, self.test_set))
        else:
            model, changed = beginning(way, seed, SLOW_EPOCHS)
            self.follow(our_run(model, changed, way, SLOW_EPOCHS), self.learn(model, changed, each=True))

    def is_finished(self, way: str, seed: int, epochs: float) -> bool:
        """Whether all epochs of this run are measured."""
        return any(run.key == (way, seed, epochs) and run.finished for run in self.file.results)

    def estimate(self, way: str, seed: int) -> None:
        """Estimate the seconds of an epoch of the post's code, or of `blog`, from its first steps."""
        if self.is_finished(way, seed, 1):
            return
        steps_an_epoch = recipe(BLOG).training.steps_an_epoch(len(self.train_set))
        steps = min(STEPS, steps_an_epoch)
        if way == POST:
            training = Training(self.train_set, seed)
            training.learn(WARM_UP)
            run, seconds = Run(way, seed, 1, training.num_params), training.learn(steps)
        else:
            model, changed = beginning(way, seed, SLOW_EPOCHS)
            run, seconds = our_run(model, changed, way, 1), self.time_steps(model, changed, steps)
        self.follow(replace(run, steps=steps), iter([(seconds * steps_an_epoch / steps, None)]))

    def time_steps(self, model: VisionTransformer, changed: Recipe, steps: int) -> float:
        """Return the seconds of `steps` steps after the first few."""
        events = train(model, self.train_set, self.train_set.subset(slice(0)), changed.training)
        times = [0.0]
        for event in events:
            if isinstance(event, Step):
                times.append(event.seconds)
                if event.step == WARM_UP + steps:
                    break
        events.close()
        return times[-1] - times[WARM_UP]

    def learn(
        self,
        model: VisionTransformer,
        changed: Recipe,
        *,
        each: bool,
        share: float = 1,
        group: ProcessGroup | None = None,
    ) -> Progress:
        """Train one of our models on a share of the images, and test it after each epoch or after the last alone."""
        learned = self.train_set.subset(slice(round(share * len(self.train_set))))
        for event in train(model, learned, learned.subset(slice(0)), changed.training, group=group):
            if isinstance(event, Epoch):
                asked = each or event.epoch == event.epochs
                yield event.seconds, evaluate(model, self.test_set).accuracy if asked else None

    def follow(self, run: Run, progress: Progress) -> None:
        """Store each epoch of a run when it ends, and report it."""
        for seconds, accuracy in progress:
            run = replace(run, seconds=(*run.seconds, seconds), accuracy=(*run.accuracy, accuracy))
            self.file.put(run)
            report_progress(run)


def runs_file(machine: dict[str, Any], settings: dict[str, Any], path: Path | None = None) -> ResultsFile[Run]:
    """File of the runs that were measured on one machine with the same settings."""
    conditions = {"machine": machine, "settings": settings}
    return ResultsFile("runs", conditions, lambda run: run.key, asdict, run_from_json, path)


def beginning(way: str, seed: int, epochs: int) -> tuple[VisionTransformer, Recipe]:
    """Fresh model and its recipe, cut to `epochs`, without validation set."""
    base = recipe(way)
    changed = Recipe(base.model, replace(base.training, epochs=epochs, seed=seed, val_size=0))
    return fresh_model(changed), changed


def our_run(model: VisionTransformer, changed: Recipe, way: str, epochs: float) -> Run:
    """Empty run of one of our recipes."""
    precision = "bfloat16" if uses_bfloat16(changed.training, "cpu") else "float32"
    return Run(way, changed.training.seed, epochs, model.num_params, precision)


def report_progress(run: Run) -> None:
    """Report the last epoch of a run on the error stream."""
    text = f"{run.way}, seed {run.seed}, epoch {len(run.seconds)} of {run.epochs:g}: {run.seconds[-1]:.1f} s"
    if run.steps:
        text += f", estimated from {run.steps} steps"
    if run.accuracy[-1] is not None:
        text += f", test accuracy {100 * run.accuracy[-1]:.2f} %"
    print(text, file=sys.stderr, flush=True)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m train.benchmarks.time_to_accuracy", "Measure time to accuracy.", "data", "results")
    parser.add_argument("--quick", action="store_true", help="estimate the slow runs; takes about five minutes")
    parser.add_argument("--images", type=int, metavar="N", help="learn from the first N images only (default: all)")
    parser.add_argument("--seeds", type=int, metavar="N", help=f"of `fast`; of the others {SLOW_SEEDS} at most")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: PyTorch's)")
    return parser


def settings(quick: bool, images: Sequence[int]) -> dict[str, Any]:
    """Settings that all runs of one table share."""
    recipes = {way: asdict(recipe(way)) for way in (BLOG, FAST)}
    return json.loads(json.dumps({"quick": quick, "images": list(images), **recipes}))  # as a file will have them


def run(args: Namespace, group: ProcessGroup) -> int:
    """Measure and print the table; return the exit status, 130 after Ctrl-C."""
    seeds = args.seeds if args.seeds is not None else QUICK_SEEDS if args.quick else SEEDS
    check_whole("seeds", seeds, 1, MAX_SEEDS)
    obey_common_flags(args)
    train_set, test_set = group.local_first(
        lambda: [load(part, args.data, tqdm_progress()) for part in ("train", "test")]
    )
    if args.images is not None:
        check_whole("images", args.images, 1, len(train_set))
        train_set = train_set.subset(slice(args.images))
    images = [len(train_set), len(test_set)]
    machine = this_machine() | {"processes": group.size}
    file = runs_file(machine, settings(args.quick, images), args.json)
    group.local_first(file.resume)
    if group.rank:
        file.path = None  # the first process alone writes
    try:
        Benchmark(train_set, test_set, file, seeds, args.quick, group).measure()
    except KeyboardInterrupt:
        print("stopped; this is what was measured", file=sys.stderr)
        return 130
    finally:
        print(results_table(machine, images, file.results))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out_in_group(command_line(), run, argv, (DivergedError,))


if __name__ == "__main__":
    sys.exit(main())
