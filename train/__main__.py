"""The command line: `python -m train --recipe fast`, or `torchrun --nproc-per-node=N -m train --recipe fast`.

With several processes, the first alone prints, logs and saves.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from train import run_folder
from train.cli import carry_out_in_group, obey_common_flags
from train.config import TrainConfig, recipe
from train.data.dataset import Digits, load, tqdm_progress
from train.distributed import LostProcessError, ProcessGroup
from train.events import epoch_line
from train.families.checkpoint import load_classifier
from train.families.command import train_network
from train.loop import DivergedError, Done, Epoch, Event, Step, train
from train.recipe_flags import FIXED_FLAGS, MODEL_FLAGS, apply_flags, command_line
from train.run_folder import RunState
from train.score import evaluate
from train.splits import hold_out
from train.tensorboard import Board
from vit import checkpoint
from vit.files import check_destination

DEVICES = ("cpu", "cuda", "mps")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out_in_group(command_line(), run, argv, (DivergedError,))


def run(args: Namespace, group: ProcessGroup) -> int:
    """Train as asked; return the exit status, 130 after Ctrl-C."""
    if args.kernel is not None and args.family != "deep_cnn":
        raise ValueError(f"kernel must be left out for the family {args.family}, got {args.kernel}")
    if args.family != "vit":
        return train_network(args, group)
    with ExitStack() as locks:
        return run_locked(args, group, locks)


def run_locked(args: Namespace, group: ProcessGroup, locks: ExitStack) -> int:
    """Train as `run` does; the first process puts the lock of the run's folder into `locks`."""
    go_on_after_restart(args, group)
    start, train_set, test_set, events = prepare(args, group)
    folder = group.broadcast(partial(folder_of, args, locks))  # made only now that all flags are known to be possible
    group.remember(str(folder))
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


def go_on_after_restart(args: Namespace, group: ProcessGroup) -> None:
    """Where torchrun has started all processes again, resume their run if it has a whole epoch; else start again."""
    folder = group.remembered()
    if folder and (Path(folder) / run_folder.LAST).is_file():
        args.resume, args.start = Path(folder), None


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
        teachers=[load_classifier(name) for name in args.teacher],
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


def load_both(folder: Path, dataset: str) -> tuple[Digits, Digits]:
    """Return the training and the test digits."""
    progress = tqdm_progress()
    return load("train", folder, progress, dataset), load("test", folder, progress, dataset)


def folder_of(args: Namespace, locks: ExitStack) -> Path:
    """Return the folder of a resumed run, or a new one, also for a run that resumes from a single checkpoint.

    Raises:
        ValueError: another process trains in it.
    """
    folder = args.resume if args.resume and args.resume.is_dir() else run_folder.new_folder(args.runs)
    locks.enter_context(run_folder.claimed(folder))
    return folder


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


def save_finished(done: Done, test_set: Digits, start: RunState, board: Board, paths: Sequence[Path]) -> None:
    """Test the finished model, write its checkpoint and print its accuracy."""
    test = evaluate(start.model, test_set)  # the test set is used only now
    board.test(start.model, test_set, done.epochs)
    board.hyperparameters(start.recipe, done.epochs, done.val, test)
    figures = run_folder.header_figures(done.val, test, done.seconds)
    for path in paths:
        checkpoint.save(start.model, path, run_folder.header_recipe(start.recipe, done.epochs), figures)
        print(f"saved {path}")
    print(run_folder.accuracy_line(figures, start.model.num_params))


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
