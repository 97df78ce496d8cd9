"""The folder of a training run: its checkpoints, and how a run starts and resumes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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

try:
    import fcntl
except ImportError:  # Windows has no locks for folders
    fcntl = None

LAST = "last.safetensors"
FINAL = "model.safetensors"
STOPPED = "stopped.safetensors"


@dataclass(frozen=True)
class RunState:
    """What a run needs to start or to resume; the defaults are those of a new run.

    Attributes:
        optimizer_state: tensors of the optimizers. Empty, they start afresh; None where the tensors are missing.
    """

    recipe: Recipe
    model: VisionTransformer
    done_epochs: int = 0
    done_seconds: float = 0.0
    optimizer_state: Mapping[str, Tensor] | None = field(default_factory=dict)


def new_folder(runs: Path, prefix: str = "vit-mnist") -> Path:
    """Make the folder of a new run, `vit-mnist_<date>` as the blog calls it, or with another prefix."""
    name, count = f"{prefix}_{datetime.now():%Y-%m-%d_%H-%M-%S}", 1
    Path(os.path.realpath(runs)).mkdir(parents=True, exist_ok=True)  # realpath: `runs` may be a link to a new folder
    while True:
        folder = runs / (name if count == 1 else f"{name}_{count}")
        try:
            folder.mkdir()
        except FileExistsError:  # another run started in this second
            count += 1
        else:
            return folder


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep other processes out of a run's folder while the block runs. The lock of a killed process ends with it.

    Raises:
        ValueError: another process trains there.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        lock(handle, folder)
        yield
    finally:
        os.close(handle)


def lock(handle: int, folder: Path) -> None:
    """Lock an open folder where the system can do that; `ValueError` if another process has locked it."""
    if fcntl is None:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"{folder} is in use: another process trains there") from None
    except OSError:  # a file system without locks, as some networks have
        return


def new_run(recipe: Recipe, start: str | None = None) -> RunState:
    """Return the state of a new run, with random weights or those of the checkpoint or shipped model `start`.

    Raises:
        CheckpointError: there is no such checkpoint.
        ValueError: it holds another kind of model.
    """
    if start is None:
        return RunState(recipe, fresh_model(recipe))
    model = checkpoint.load(start).requires_grad_(True)
    if model.config != recipe.model:
        raise ValueError(f"start must be a model as the recipe describes it, {recipe.model}, got {model.config}")
    return RunState(Recipe(recipe.model, without_whitening(recipe.training)), model)


def without_whitening(config: TrainConfig) -> TrainConfig:
    """Return a configuration that keeps the patch embedding of a trained model."""
    return replace(config, whiten=0.0)


def header_recipe(recipe: Recipe, done_epochs: int) -> dict[str, Any]:
    """Return the recipe in the form of a checkpoint's header."""
    return {"training": asdict(recipe.training), "done_epochs": done_epochs}


def header_figures(val: Score | None, test: Score | None, seconds: float) -> dict[str, Any]:
    """Return scores in the form of a checkpoint's header: shares in [0, 1], losses in nats, seconds."""
    figures: dict[str, Any] = {"train_seconds": round(seconds, 3)}
    for name, score in (("val", val), ("test", test)):
        if score:
            count = int(score.confusion.sum())
            interval = list(wilson(score.accuracy, count))
            figures[name] = {"accuracy": score.accuracy, "loss": score.loss, "images": count, "interval": interval}
    return figures


def accuracy_line(figures: Mapping[str, Any], num_params: int) -> str:
    """Describe the test accuracy in the figures of a header in one line of text."""
    accuracy, (low, high) = figures["test"]["accuracy"], figures["test"]["interval"]
    interval = f"95 % interval {low:.2%} to {high:.2%}"
    return f"test accuracy {accuracy:.2%} ({interval}), {num_params:,} parameters"


def save_epoch(folder: Path, model: VisionTransformer, recipe: Recipe, event: Epoch) -> None:
    """Write the checkpoint of an epoch, with the optimizers' state, in place of the epoch before."""
    figures = header_figures(event.val, None, event.seconds)
    checkpoint.save(model, folder / LAST, header_recipe(recipe, event.epoch), figures, extra=event.state)


def resume(run: Path) -> RunState:
    """Read the state of a run from its folder or from a single checkpoint.

    A checkpoint from within an epoch has no optimizer state, so the momentum starts afresh.

    Raises:
        CheckpointError: the folder has no checkpoint, or it is damaged or holds no recipe.
        ValueError: `run` is the name of a shipped model, or the folder cannot be written.
    """
    path = checkpoint_of(run)
    recipe, done_epochs, done_seconds = read_recipe(path)
    model, state = checkpoint.load(path), checkpoint.read_extra(path)
    if not state and run.is_dir():
        state = None  # a checkpoint there always has it
    return RunState(recipe, model, done_epochs, done_seconds, state)


def checkpoint_of(run: Path) -> Path:
    """Return the checkpoint to resume from; errors as in `resume`."""
    path = run if run.is_file() else run / LAST
    if not path.is_file() and str(run) in checkpoint.shipped():
        problem = f"got the shipped model {run}; to begin with its parameters, use --start {run}"
        raise ValueError(f"resume must be a run's folder or a checkpoint's file, {problem}")
    if not path.is_file():
        raise checkpoint.CheckpointError(f"{run} holds no {LAST}, so there is no whole epoch to go on from")
    if run.is_dir():
        for name in (LAST, FINAL, STOPPED):
            check_destination("resume", run / name)
    return path


def read_recipe(path: Path) -> tuple[Recipe, int, float]:
    """Read a checkpoint's recipe, epochs done and training seconds.

    Raises:
        CheckpointError: it holds none.
    """
    header = checkpoint.read_header(path)
    try:
        training, done_epochs = TrainConfig.from_saved(header.recipe["training"]), int(header.recipe["done_epochs"])
        done_seconds = float(header.figures["train_seconds"])
    except (KeyError, TypeError, ValueError) as error:
        raise checkpoint.CheckpointError(f"{path} holds no recipe to go on with: {error}") from None
    if not done_epochs:
        training = without_whitening(training)
    return Recipe(header.config, training), done_epochs, done_seconds


def check_unfinished(run: Path, done_epochs: int, epochs: int) -> None:
    """Check that a run has epochs left or, in a folder, that its finished model is still missing.

    Raises:
        ValueError: the run is finished.
    """
    if done_epochs != epochs or (run.is_dir() and not has_finished_model(run, epochs)):
        return
    where = f", and its model is {run / FINAL}" if run.is_dir() else ""
    more = f"to train it for longer, use --epochs with more than {epochs}"
    raise ValueError(f"{run} is finished: {epochs} of {epochs} epochs are done{where}; {more}")


def has_finished_model(folder: Path, epochs: int) -> bool:
    """Tell whether a run's folder holds the finished model after that number of epochs."""
    try:
        return checkpoint.read_header(folder / FINAL).recipe.get("done_epochs") == epochs
    except checkpoint.CheckpointError:
        return False
