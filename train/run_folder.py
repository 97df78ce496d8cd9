"""A run's folder: where its checkpoints lie, and how it is taken up again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from torch import Tensor

from train.config import Recipe, TrainConfig
from train.loop import Epoch, fresh_model
from train.score import Score, wilson
from vit import checkpoint
from vit.files import check_destination
from vit.model import VisionTransformer

LAST = "last.safetensors"
FINAL = "model.safetensors"
STOPPED = "stopped.safetensors"


@dataclass(frozen=True)
class Resumed:
    """All that a run needs to go on; by default nothing. With an empty `state` the optimiser begins anew."""

    recipe: Recipe
    model: VisionTransformer
    done_epochs: int = 0
    done_seconds: float = 0.0
    state: Mapping[str, Tensor] | None = field(default_factory=dict)


def new_folder(runs: Path) -> Path:
    """Make the folder of a new run, `vit-mnist_<date>` as the blog calls it."""
    name, count = f"vit-mnist_{datetime.now():%Y-%m-%d_%H-%M-%S}", 1
    Path(os.path.realpath(runs)).mkdir(parents=True, exist_ok=True)  # the target of a link, if that is not there yet
    while True:
        folder = runs / (name if count == 1 else f"{name}_{count}")
        try:
            folder.mkdir()
        except FileExistsError:  # another run began in this second
            count += 1
        else:
            return folder


def begin(recipe: Recipe, start: str | None = None) -> Resumed:
    """Return a run of which nothing is done, with fresh weights or those of the checkpoint or shipped name `start`.

    Raises:
        CheckpointError: there is none.
        ValueError: it holds another kind of model.
    """
    if start is None:
        return Resumed(recipe, fresh_model(recipe))
    model = checkpoint.load(start).requires_grad_(True)
    if model.config != recipe.model:
        raise ValueError(f"start must be a model as the recipe describes it, {recipe.model}, got {model.config}")
    return Resumed(Recipe(recipe.model, replace(recipe.training, whiten=0.0)), model)  # which would begin them anew


def describe(recipe: Recipe, done_epochs: int) -> dict[str, Any]:
    """Return the recipe as a checkpoint's header holds it."""
    return {"training": asdict(recipe.training), "done_epochs": done_epochs}


def figures(val: Score | None, test: Score | None, seconds: float) -> dict[str, Any]:
    """Return what was measured as a checkpoint's header holds it: shares in [0, 1], losses in nats, seconds."""
    found: dict[str, Any] = {"train_seconds": round(seconds, 3)}
    for name, score in (("val", val), ("test", test)):
        if score:
            count = int(score.confusion.sum())
            low, high = wilson(score.accuracy, count)
            found[name] = {"accuracy": score.accuracy, "loss": score.loss, "images": count, "interval": [low, high]}
    return found


def save_epoch(folder: Path, model: VisionTransformer, recipe: Recipe, event: Epoch) -> None:
    """Write the checkpoint of an epoch, over the one before, with all that going on from it needs."""
    found = figures(event.val, None, event.seconds)
    checkpoint.save(model, folder / LAST, describe(recipe, event.epoch), found, extra=event.state)


def take_up(run: Path) -> Resumed:
    """Read back what `save_epoch` wrote into a folder, or a checkpoint that was saved by itself.

    One that was stopped within an epoch holds no optimiser's state: going on, its momentum begins anew.

    Raises:
        CheckpointError: there is no checkpoint in the folder, it is unusable, or it holds no recipe.
        ValueError: a shipped model was named, or the folder cannot be written.
    """
    path = run if run.is_file() else run / LAST
    if not path.is_file() and str(run) in checkpoint.shipped():
        found = f"got the shipped model {run}; to begin with its parameters, use --start {run}"
        raise ValueError(f"resume must be a run's folder or a checkpoint's file, {found}")
    if not path.is_file():
        raise checkpoint.CheckpointError(f"{run} holds no {LAST}, so there is no whole epoch to go on from")
    if run.is_dir():
        for name in (LAST, FINAL, STOPPED):
            check_destination("resume", run / name)
    header = checkpoint.read_header(path)
    try:
        training, done_epochs = TrainConfig.from_saved(header.recipe["training"]), int(header.recipe["done_epochs"])
        done_seconds = float(header.figures["train_seconds"])
    except (KeyError, TypeError, ValueError) as error:
        raise checkpoint.CheckpointError(f"{path} holds no recipe to go on with: {error}") from None
    model, state = checkpoint.load(path), checkpoint.read_extra(path)
    if not done_epochs:
        training = replace(training, whiten=0.0)  # which would begin the weights anew
    if not state and run.is_dir():
        state = None  # every epoch that is saved there has its state
    return Resumed(Recipe(header.config, training), model, done_epochs, done_seconds, state)


def check_unfinished(run: Path, done_epochs: int, epochs: int) -> None:
    """Check that something is left to do for a folder or a checkpoint to resume.

    In a folder that is the last step, to test the model and write it, if the run was stopped just before.

    Raises:
        ValueError: the run is finished.
    """
    if done_epochs != epochs or (run.is_dir() and not holds_model(run, epochs)):
        return
    found = f", and its model is {run / FINAL}" if run.is_dir() else ""
    more = f"to train it for longer, use --epochs with more than {epochs}"
    raise ValueError(f"{run} is finished: {epochs} of {epochs} epochs are done{found}; {more}")


def holds_model(folder: Path, epochs: int) -> bool:
    """Tell whether a run's folder holds the finished model of so many epochs."""
    try:
        return checkpoint.read_header(folder / FINAL).recipe.get("done_epochs") == epochs
    except checkpoint.CheckpointError:
        return False
