"""The command line: `python -m train --recipe fast`, or `torchrun --nproc-per-node=N -m train --recipe fast`.

With several processes, the first alone prints, logs and saves.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import Field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from train import run_folder
from train.cli import carry_out_in_group, new_parser, obey_common_flags
from train.config import RECIPES, Recipe, TrainConfig, recipe
from train.data.dataset import Digits, load, tqdm_progress
from train.distributed import LostProcessError, ProcessGroup
from train.loop import DivergedError, Done, Epoch, Event, Step, train
from train.run_folder import RunState
from train.score import evaluate
from train.splits import hold_out
from train.tensorboard import Board
from vit import checkpoint
from vit.config import ViTConfig
from vit.files import check_destination

# The fields of a recipe that a flag can change; val_size has the flag --val-size.
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
# A resumed run must keep these: its optimizer's state and its validation set depend on them.
FIXED_FLAGS = ("optimizer", "dataset", "per_class", "without", "val_size", "seed")
DEVICES = ("cpu", "cuda", "mps")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out_in_group(command_line(), run, argv, (DivergedError,))


def command_line() -> ArgumentParser:
    """Describe the command line: how to start, where to read and write, and a flag for each field of a recipe."""
    parser = new_parser("python -m train", "Train a vision transformer on MNIST, or on a set of its kind.", "data")
    parser.epilog = "In N processes, each with its share of a batch: torchrun --nproc-per-node=N -m train ..."
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--recipe", choices=tuple(RECIPES), default="fast", help="named recipe (default: fast)")
    start.add_argument("--resume", type=Path, metavar="RUN", help="folder of a run, or a checkpoint, to resume")
    parser.add_argument("--start", metavar="MODEL", help="shipped name or checkpoint with the initial weights")
    parser.add_argument("--teacher", nargs="+", default=(), metavar="MODEL", help="the same, to distil from")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder for new runs (default: runs)")
    parser.add_argument("--out", type=Path, help="also write the finished checkpoint here")
    parser.add_argument("--device", default=best_device(), help="cpu, cuda or mps (default: the best there is)")
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's; 1 repeats a run exactly)")
    changes = parser.add_argument_group("changes to the recipe")
    for field in (*fields(ViTConfig), *fields(TrainConfig)):
        if field.name in MODEL_FLAGS + TRAINING_FLAGS:
            changes.add_argument(f"--{field.name.replace('_', '-')}", **flag_type(field))
    return parser


def flag_type(field: Field[Any]) -> dict[str, Any]:
    """Return what argparse needs to parse a field of a recipe."""
    if isinstance(field.default, tuple):
        return {"type": int, "nargs": "*", "metavar": "int"}
    return {"type": type(field.default), "metavar": type(field.default).__name__}


def best_device() -> str:
    """Return `cuda` or `mps` when there is one, else `cpu`."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def run(args: Namespace, group: ProcessGroup) -> int:
    """Train as asked; return the exit status, 130 after Ctrl-C."""
    start, train_set, test_set, events = prepare(args, group)
    folder = group.broadcast(partial(folder_of, args))  # made only now that all flags are known to be possible
    group.loss_message = partial(save_after_loss, start, folder)
    if group.rank:
        deque(events, maxlen=0)  # the first process alone prints, logs and saves
        group.leave()
        return 0
    where = f"{args.device}, {group.size} processes" if group.size > 1 else args.device
    print(f"training {start.model.num_params:,} parameters on {len(train_set):,} images, {where}; run: {folder}")
    steps_an_epoch = start.recipe.training.steps_an_epoch(len(train_set))
    with closing(Board(folder, train_set.images[:8, None] / 255, steps_an_epoch, start.done_epochs)) as board:
        last = log_events(events, folder, start, board)
        if isinstance(last, Done):
            group.leave()
            save_finished(last, test_set, start, board, [folder / run_folder.FINAL, *([args.out] if args.out else [])])
            return 0
    if group.claim_report():
        save_stopped(last.epoch if last else start.done_epochs, start, folder)
    return 130


def prepare(
    args: Namespace, group: ProcessGroup
) -> tuple[RunState, Digits, Digits, Generator[Event, TrainConfig | None, None]]:
    """Check the flags, and return the initial state, the training and test digits, and the events of the training."""
    args.device = group.device(args.device)
    check_flags(args)
    start = group.broadcast(partial(initial_state, args))
    train_set, test_set = group.local_first(partial(load_both, args.data, start.recipe.training.dataset))
    train_set, val_set = hold_out(train_set, start.recipe.training)
    events = train(
        start.model,
        train_set,
        val_set,
        start.recipe.training,
        device=args.device,
        done_epochs=start.done_epochs,
        done_seconds=start.done_seconds,
        resume=start.optimizer_state,
        group=group,
        teachers=[checkpoint.load(name) for name in args.teacher],
    )
    return start, train_set, test_set, events


def check_flags(args: Namespace) -> None:
    """Set the threads, and check device and destination before any work; a `ValueError` names the flag."""
    obey_common_flags(args)
    check_destination("out", args.out, make_folders=True)
    if not is_available(args.device):
        raise ValueError(f"device must be one of {', '.join(DEVICES)} that this machine has, got {args.device!r}")


def is_available(device: str) -> bool:
    """Tell whether this machine has the device."""
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError):  # a PyTorch without CUDA raises the latter
        return False
    return torch.device(device).type in DEVICES


def initial_state(args: Namespace) -> RunState:
    """Return the state of a new run, or of the run to resume; a `ValueError` names a flag that does not fit it."""
    if not args.resume:
        return run_folder.new_run(apply_flags(recipe(args.recipe), args), args.start)
    if args.start:
        raise ValueError(f"start must be left out when a run goes on, got {args.start}")
    state = run_folder.resume(args.resume)
    wanted = apply_flags(state.recipe, args)
    for part, names in (("model", MODEL_FLAGS), ("training", FIXED_FLAGS)):
        for name in names:
            was, asked = (getattr(getattr(one, part), name) for one in (state.recipe, wanted))
            if was != asked:
                raise ValueError(f"{name} must stay {was} when a run goes on, got {asked}")
    run_folder.check_unfinished(args.resume, state.done_epochs, wanted.training.epochs)
    return replace(state, recipe=wanted)


def apply_flags(base: Recipe, args: Namespace) -> Recipe:
    """Return the recipe with the values of its flags; a `ValueError` names a value that is not allowed."""
    model, training = (
        {name: getattr(args, name) for name in names if getattr(args, name) is not None}
        for names in (MODEL_FLAGS, TRAINING_FLAGS)
    )
    return Recipe(replace(base.model, **model), replace(base.training, **training)).with_classes()


def load_both(folder: Path, dataset: str) -> tuple[Digits, Digits]:
    """Return the training and the test digits."""
    progress = tqdm_progress()
    return load("train", folder, progress, dataset), load("test", folder, progress, dataset)


def folder_of(args: Namespace) -> Path:
    """Return the folder of a resumed run, or a new one, also for a run that resumes from a single checkpoint."""
    return args.resume if args.resume and args.resume.is_dir() else run_folder.new_folder(args.runs)


def log_events(
    events: Generator[Event, TrainConfig | None, None], folder: Path, start: RunState, board: Board
) -> Epoch | Done | None:
    """Show, log and save all events; return the `Done` or, after Ctrl-C, the last `Epoch` if there was one."""
    epoch = None
    bar = tqdm(unit=" steps", initial=board.done_steps, dynamic_ncols=True)
    try:
        for event in events:
            if isinstance(event, Step):
                update_bar(bar, event)
                board.step(event)
            elif isinstance(event, Epoch):
                run_folder.save_epoch(folder, start.model, start.recipe, event)
                epoch = event
                board.epoch(event, start.model)
                bar.write(epoch_line(event))
            else:
                return event
    except KeyboardInterrupt:
        events.close()
    finally:
        bar.close()
    return epoch


def update_bar(bar: tqdm, event: Step) -> None:
    """Move the progress bar to a step."""
    bar.total = event.steps
    bar.set_postfix_str(f"epoch {event.epoch}  loss {event.loss:.3f}", refresh=False)
    bar.update(event.step - bar.n)


def epoch_line(event: Epoch) -> str:
    """Describe an epoch in one line of text."""
    text = f"epoch {event.epoch:3d}/{event.epochs}  train loss {event.loss:.4f}  acc {event.accuracy:7.2%}"
    if event.val:
        text += f"  |  val loss {event.val.loss:.4f}  acc {event.val.accuracy:7.2%}"
    return f"{text}  |  {event.seconds:.0f} s"


def save_finished(done: Done, test_set: Digits, start: RunState, board: Board, paths: Sequence[Path]) -> None:
    """Test the finished model, write its checkpoint and print its accuracy."""
    test = evaluate(start.model, test_set)  # the test set is used only now
    board.test(start.model, test_set, done.epochs)
    board.hyperparameters(start.recipe, done.epochs, done.val, test)
    figures = run_folder.header_figures(done.val, test, done.seconds)
    for path in paths:
        checkpoint.save(start.model, path, run_folder.header_recipe(start.recipe, done.epochs), figures)
        print(f"saved {path}")
    low, high = figures["test"]["interval"]
    interval = f"95 % interval {low:.2%} to {high:.2%}"
    print(f"test accuracy {test.accuracy:.2%} ({interval}), {start.model.num_params:,} parameters")


def save_stopped(done_epochs: int, start: RunState, folder: Path) -> None:
    """After Ctrl-C, save the model as it is, and print how to use it and how to resume."""
    path = folder / run_folder.STOPPED
    checkpoint.save(start.model, path, run_folder.header_recipe(start.recipe, done_epochs))
    print(f"stopped; the model as it was is in {path}")
    if done_epochs:
        print(f"go on from the last whole epoch with: python -m train --resume {folder}")


def save_after_loss(start: RunState, folder: Path) -> str:
    """After the loss of a process, save the model if there is no epoch yet, and return how to resume."""
    last, stopped = folder / run_folder.LAST, folder / run_folder.STOPPED
    if last.is_file():
        where = f"the last whole epoch is in {last}: go on with python -m train --resume {folder}"
    else:
        checkpoint.save(start.model, stopped, run_folder.header_recipe(start.recipe, start.done_epochs))
        where = f"no epoch was done; the model as it was is in {stopped}"
    return f"train: {LostProcessError()}; {where}"


if __name__ == "__main__":
    sys.exit(main())
