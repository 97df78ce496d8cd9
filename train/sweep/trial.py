"""One trial of a sweep: a training in a run folder of its own, by the code of `python -m train`.

It reads the training images alone. A folder that holds a whole epoch goes on from there, so a trial whose process died
loses less than an epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train import run_folder
from train.__main__ import log_events
from train.cli import use_threads
from train.config import Recipe, TrainConfig
from train.data.dataset import load
from train.events import Done, Epoch, Event
from train.loop import DivergedError, train
from train.recipe_command import command
from train.run_folder import RunState
from train.score import Score
from train.splits import hold_out
from train.tensorboard import Board
from vit import checkpoint

COMMAND = "command.txt"

Report = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Surroundings:
    """What all trials of a sweep share: the folder of the data, a device and a number of CPU threads."""

    data: Path
    device: str
    threads: int


def run(recipe: Recipe, folder: Path, around: Surroundings, report: Report) -> None:
    """Train a recipe in `folder`, or go on there, and report the held-out digits after each epoch.

    What is reported has `accuracy` in [0, 1], `loss` in nats, `epoch` and `seconds` of training; where it diverged,
    the accuracy 0 and the `problem`.

    Raises:
        ValueError: another process trains in the folder, or it cannot be written.
        DataError: the training images cannot be read.
    """
    use_threads(around.threads)
    folder.mkdir(parents=True, exist_ok=True)
    with run_folder.claimed(folder):
        if run_folder.has_finished_model(folder, recipe.training.epochs):
            report(saved_figures(folder))
            return
        (folder / COMMAND).write_text(f"{command_line(recipe, around)}\n", encoding="utf-8")
        resumes = (folder / run_folder.LAST).is_file()
        start = run_folder.resume(folder) if resumes else run_folder.new_run(recipe)
        try:
            learn(start, folder, around, report)
        except DivergedError as error:
            report(failure(str(error)))


def command_line(recipe: Recipe, around: Surroundings) -> str:
    """Return the call of `python -m train` that repeats a trial."""
    return f"{command(recipe)} --threads {around.threads} --device {around.device}"


def learn(start: RunState, folder: Path, around: Surroundings, report: Report) -> None:
    """Train to the end as `python -m train` does, but read no test digits."""
    config, model = start.recipe.training, start.model
    train_set, val_set = hold_out(load("train", around.data, name=config.dataset), config)
    events = train(
        model,
        train_set,
        val_set,
        config,
        device=around.device,
        done_epochs=start.done_epochs,
        done_seconds=start.done_seconds,
        resume=start.optimizer_state,
    )
    samples, steps = train_set.images[:8, None] / 255, config.steps_an_epoch(len(train_set))
    with closing(Board(folder, samples, steps, start.done_epochs)) as board:
        done = log_events(reported(events, report), folder, start, board)
        if not isinstance(done, Done):
            return
        figures = run_folder.header_figures(done.val, None, done.seconds)
        header = run_folder.header_recipe(start.recipe, done.epochs)
        checkpoint.save(model, folder / run_folder.FINAL, header, figures)
        board.hyperparameters(start.recipe, done.epochs, done.val)
    report(saved_figures(folder))


def reported(
    events: Generator[Event, TrainConfig | None, None], report: Report
) -> Generator[Event, TrainConfig | None, None]:
    """Pass the events on, and report each epoch after the caller has saved it.

    The last one is left out: ASHA ends a trial that reports it, and the finished model is not saved yet.
    """
    for event in events:
        yield event
        if isinstance(event, Epoch) and event.val and event.epoch < event.epochs:
            report(figures_of(event.val, event.epoch, event.seconds))


def figures_of(val: Score, epoch: int, seconds: float) -> dict[str, Any]:
    """Return what is reported of an epoch."""
    return {"accuracy": val.accuracy, "loss": val.loss, "epoch": epoch, "seconds": seconds}


def saved_figures(folder: Path) -> dict[str, Any]:
    """Return what is reported of a finished trial."""
    header = checkpoint.read_header(folder / run_folder.FINAL)
    val, epoch = header.figures["val"], header.recipe["done_epochs"]
    return {name: val[name] for name in ("accuracy", "loss")} | {
        "epoch": epoch,
        "seconds": header.figures["train_seconds"],
    }


def failure(problem: str) -> dict[str, Any]:
    """Return what is reported of values with which no model can be trained."""
    return {"accuracy": 0.0, "epoch": 0, "problem": problem}
