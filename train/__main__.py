"""The command line: `python -m train --recipe fast`, or `torchrun --nproc-per-node=N -m train --recipe fast`.

Of several processes the first alone shows, logs and saves.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from train import run_folder
from train.cli import carry_out_in_group, new_parser, use_threads
from train.config import RECIPES, Recipe, TrainConfig, recipe
from train.data.dataset import Digits, load, tqdm_progress
from train.distributed import LostProcessError, ProcessGroup
from train.loop import DivergedError, Done, Epoch, Event, Step, train
from train.score import evaluate
from train.splits import hold_out
from train.tensorboard import Board
from vit import checkpoint
from vit.config import ViTConfig
from vit.files import check_destination

# What a recipe fixes and a flag may change; the flag of val_size is --val-size.
MODEL_FLAGS = (
    "patch_size",
    "embed_dim",
    "depth",
    "num_heads",
    "mlp_dim",
    "norm",
    "pool",
    "positions",
    "dropout",
)
TRAINING_FLAGS = tuple(field.name for field in fields(TrainConfig))
# What a run that goes on must keep: its optimiser's state, and the images that it has never learned from.
FIXED_FLAGS = ("optimizer", "dataset", "per_class", "without", "val_size", "seed")
DEVICES = ("cpu", "cuda", "mps")


def command_line() -> ArgumentParser:
    """Describe the command line: a flag for every field of a recipe that may change."""
    parser = new_parser("python -m train", "Train a vision transformer on MNIST, or on a set of its kind.", "data")
    parser.epilog = "In N processes, each with its share of a batch: torchrun --nproc-per-node=N -m train ..."
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--recipe", choices=tuple(RECIPES), default="fast", help="named recipe (default: fast)")
    start.add_argument("--resume", type=Path, metavar="RUN", help="folder, or a checkpoint, to go on with")
    parser.add_argument("--start", metavar="MODEL", help="shipped name or checkpoint whose parameters to begin with")
    parser.add_argument("--teacher", nargs="+", default=(), metavar="MODEL", help="the same, whose answers to learn")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where runs are written (default: runs)")
    parser.add_argument("--out", type=Path, help="also write the finished checkpoint here")
    parser.add_argument("--device", default=best_device(), help="cpu, cuda or mps (default: the best there is)")
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's; 1 repeats a run exactly)")
    changes = parser.add_argument_group("changes to the recipe")
    for owner, names in ((ViTConfig, MODEL_FLAGS), (TrainConfig, TRAINING_FLAGS)):
        for field in fields(owner):
            if field.name in names:
                several = {"type": int, "nargs": "*", "metavar": "int"}
                one = {"type": type(field.default), "metavar": type(field.default).__name__}
                kind = several if isinstance(field.default, tuple) else one
                changes.add_argument(f"--{field.name.replace('_', '-')}", **kind)
    return parser


def best_device() -> str:
    """Return `cuda` or `mps` when there is one, else `cpu`."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def changed(base: Recipe, args: Namespace) -> Recipe:
    """Return the recipe with the flags that were given put in; a `ValueError` names one that does not fit."""

    def given(names: Sequence[str]) -> dict[str, Any]:
        return {name: getattr(args, name) for name in names if getattr(args, name) is not None}

    return Recipe(
        replace(base.model, **given(MODEL_FLAGS)), replace(base.training, **given(TRAINING_FLAGS))
    ).with_classes()


def check(args: Namespace) -> None:
    """Set the threads, and raise a `ValueError` that names a flag that cannot be obeyed, before any work is done."""
    use_threads(args.threads)
    check_destination("out", args.out, make_folders=True)
    if not usable(args.device):
        raise ValueError(f"device must be one of {', '.join(DEVICES)} that this machine has, got {args.device!r}")


def usable(device: str) -> bool:
    """Tell whether this machine has the device."""
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError):  # the latter is what a PyTorch without CUDA raises
        return False
    return torch.device(device).type in DEVICES


def beginning(args: Namespace) -> run_folder.Resumed:
    """Return where the run starts: afresh, or where the run to resume left off."""
    if not args.resume:
        return run_folder.begin(changed(recipe(args.recipe), args), args.start)
    if args.start:
        raise ValueError(f"start must be left out when a run goes on, got {args.start}")
    found = run_folder.take_up(args.resume)
    wanted = changed(found.recipe, args)
    for owner, names in (("model", MODEL_FLAGS), ("training", FIXED_FLAGS)):
        for name in names:
            was, asked = (getattr(getattr(one, owner), name) for one in (found.recipe, wanted))
            if was != asked:
                raise ValueError(f"{name} must stay {was} when a run goes on, got {asked}")
    run_folder.check_unfinished(args.resume, found.done_epochs, wanted.training.epochs)
    return replace(found, recipe=wanted)


def follow(
    events: Generator[Event, None, None], folder: Path, start: run_folder.Resumed, board: Board
) -> Epoch | Done | None:
    """Show, log and save what happens; return the `Done` or, when Ctrl-C came first, the last whole `Epoch`."""
    epoch = None
    bar = tqdm(unit=" steps", initial=board.done_steps, dynamic_ncols=True)
    try:
        for event in events:
            if isinstance(event, Step):
                show(event, bar)
                board.step(event)
            elif isinstance(event, Epoch):
                run_folder.save_epoch(folder, start.model, start.recipe, event)
                epoch = event
                board.epoch(event, start.model)
                bar.write(line(event))
            else:
                return event
    except KeyboardInterrupt:
        events.close()
    finally:
        bar.close()
    return epoch


def show(event: Step, bar: tqdm) -> None:
    """Move the progress bar to a step."""
    bar.total = event.steps
    bar.set_postfix_str(f"epoch {event.epoch}  loss {event.loss:.3f}", refresh=False)
    bar.update(event.step - bar.n)


def line(event: Epoch) -> str:
    """Return one epoch in one line of text."""
    text = f"epoch {event.epoch:3d}/{event.epochs}  train loss {event.loss:.4f}  acc {event.accuracy:7.2%}"
    if event.val:
        text += f"  |  val loss {event.val.loss:.4f}  acc {event.val.accuracy:7.2%}"
    return f"{text}  |  {event.seconds:.0f} s"


def finish(done: Done, test_set: Digits, start: run_folder.Resumed, board: Board, paths: Sequence[Path]) -> None:
    """Measure the finished model, write its checkpoint and say how good it is."""
    test = evaluate(start.model, test_set)  # not before the end is the test set read
    board.tested(start.model, test_set, done.epochs)
    board.finish(start.recipe, done.epochs, done.val, test)
    found = run_folder.figures(done.val, test, done.seconds)
    for path in paths:
        checkpoint.save(start.model, path, run_folder.describe(start.recipe, done.epochs), found)
        print(f"saved {path}")
    low, high = found["test"]["interval"]
    interval = f"95 % interval {low:.2%} to {high:.2%}"
    print(f"test accuracy {test.accuracy:.2%} ({interval}), {start.model.num_params:,} parameters")


def interrupted(done_epochs: int, start: run_folder.Resumed, folder: Path) -> None:
    """Keep what was learned before Ctrl-C, and say how to use it and how to go on."""
    path = folder / run_folder.STOPPED
    checkpoint.save(start.model, path, run_folder.describe(start.recipe, done_epochs))
    print(f"stopped; the model as it was is in {path}")
    if done_epochs:
        print(f"go on from the last whole epoch with: python -m train --resume {folder}")


def bereft(start: run_folder.Resumed, folder: Path) -> str:
    """Return how to go on after a process of the run died, having kept what was learned where no epoch was whole."""
    if (folder / run_folder.LAST).is_file():
        where = f"the last whole epoch is in {folder / run_folder.LAST}: go on with python -m train --resume {folder}"
    else:
        checkpoint.save(start.model, folder / run_folder.STOPPED, run_folder.describe(start.recipe, start.done_epochs))
        where = f"no epoch was done; the model as it was is in {folder / run_folder.STOPPED}"
    return f"train: {LostProcessError()}; {where}"


def load_both(folder: Path, dataset: str) -> tuple[Digits, Digits]:
    """Return the digits to learn and those to test on."""
    progress = tqdm_progress()
    return load("train", folder, progress, dataset), load("test", folder, progress, dataset)


def prepare(
    args: Namespace, group: ProcessGroup
) -> tuple[run_folder.Resumed, Digits, Digits, Generator[Event, None, None]]:
    """Return where the run starts, the digits to learn and those to test on, and the training, which has not begun."""
    args.device = group.device(args.device)
    check(args)
    start = group.broadcast(partial(beginning, args))
    train_set, test_set = group.local_first(partial(load_both, args.data, start.recipe.training.dataset))
    train_set, val_set = hold_out(train_set, start.recipe.training)
    going_on = {"done_epochs": start.done_epochs, "done_seconds": start.done_seconds, "resume": start.state}
    going_on |= {"group": group, "teachers": [checkpoint.load(name) for name in args.teacher]}
    events = train(start.model, train_set, val_set, start.recipe.training, device=args.device, **going_on)
    return start, train_set, test_set, events


def run(args: Namespace, group: ProcessGroup) -> int:
    """Train as asked; return the exit status, 130 after Ctrl-C."""
    start, train_set, test_set, events = prepare(args, group)
    # Not before all that was asked is known to be possible.
    goes_on = args.resume and args.resume.is_dir()  # beside a file there is no place for a run
    folder = group.broadcast(lambda: args.resume if goes_on else run_folder.new_folder(args.runs))
    group.loss_message = partial(bereft, start, folder)
    if group.rank:
        deque(events, maxlen=0)  # the first process shows, logs and saves
        group.leave()
        return 0
    where = f"{args.device}, {group.size} processes" if group.size > 1 else args.device
    print(f"training {start.model.num_params:,} parameters on {len(train_set):,} images, {where}; run: {folder}")
    steps_an_epoch = start.recipe.training.steps_an_epoch(len(train_set))
    with closing(Board(folder, train_set.images[:8, None] / 255, steps_an_epoch, start.done_epochs)) as board:
        end = follow(events, folder, start, board)
        if isinstance(end, Done):
            group.leave()
            finish(end, test_set, start, board, [folder / run_folder.FINAL, *([args.out] if args.out else [])])
            return 0
    if group.claim_report():
        interrupted(end.epoch if end else start.done_epochs, start, folder)
    return 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out_in_group(command_line(), run, argv, (DivergedError,))


if __name__ == "__main__":
    sys.exit(main())
