"""Training on a GPU of ZeroGPU: a generator that runs in a process of its own, which has the GPU for a limited time.

Off the Hub it is an ordinary generator of this process. Orders and reports are plain bytes: torch sends tensors between
processes as open files, and such a file is gone once its process has ended.
"""

from __future__ import annotations

import logging
import os
import pickle
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from demo.training.snapshots import snapshot_steps
from demo.training.time_limit import fit
from train.config import Recipe
from train.data.dataset import Digits
from train.evaluation.patch_costs import seconds_per_step
from train.events import Done, Epoch, Event
from train.loop import DivergedError, fresh_model, train
from train.splits import hold_out
from vit.model import VisionTransformer

MAX_SECONDS = 60.0  # of training: an anonymous visitor has 120 a day, and the Hub may count each one and a half times
START_SECONDS = 15.0  # to move to the GPU, and to measure its speed
COPY_SECONDS = 0.5  # least time between two copies of the weights, except for snapshots

Weights = dict[str, Tensor]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What to train.

    Attributes:
        limit: seconds into which epochs and images are fitted; 0 to train as the recipe says.
        stop: a file; when it is there, the training ends.
    """

    recipe: Recipe
    digits: Digits
    max_images: int | None
    limit: float
    stop: Path


@dataclass(frozen=True)
class Began:
    """The first report: the recipe as it was fitted, and the untrained weights."""

    recipe: Recipe
    weights: Weights


@dataclass(frozen=True)
class Progress:
    """An event of the training, and the weights after it if they were copied, as always after the last one."""

    event: Event
    weights: Weights | None


@dataclass(frozen=True)
class Failed:
    """The training failed; `why` is for the visitor.

    Attributes:
        diverged: whether its recipe is to blame, so that it would fail on the CPU as well.
    """

    why: str
    diverged: bool


Report = Began | Progress | Failed


def zero_gpu() -> bool:
    """Tell whether this is a Space on ZeroGPU."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def seconds_needed(_order: bytes, seconds: float) -> int:
    """Return for how many seconds a training needs the GPU."""
    return round(seconds + START_SECONDS)


def on_gpu(function: Callable, duration: Callable[..., int]) -> Callable:
    """Return a function that has a GPU while it runs; off the Hub, the function itself."""
    if not zero_gpu():
        return function
    import spaces  # noqa: PLC0415  # pyright: ignore[reportMissingImports] (only the Hub has it)

    return spaces.GPU(function, duration=duration)


def train_remotely(order: bytes, seconds: float) -> Generator[bytes, None, None]:
    """Train as an `Order` says and yield `Report`s, all pickled.

    Args:
        seconds: of training, after which it ends in any case.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        for report in reports(pickle.loads(order), seconds, device):  # noqa: S301 (the app itself wrote it)
            yield pickle.dumps(report)
    except Exception as error:  # the Hub would tell only the name of its class
        log.exception("a training on the GPU failed")
        yield pickle.dumps(Failed(f"The training ended with an error: {error or type(error).__name__}", diverged=False))


def reports(order: Order, seconds: float, device: str) -> Iterator[Report]:
    """Train on a device and yield what happens."""
    recipe = fitted(order, device)
    train_set, val_set = hold_out(order.digits, recipe.training)
    train_set = train_set.subset(slice(order.max_images))
    model = fresh_model(recipe)
    events = train(model, train_set, val_set, recipe.training, device=device)  # whitens the model at once
    yield Began(recipe, weights_of(model))
    steps = recipe.training.epochs * recipe.training.steps_an_epoch(len(train_set))
    due = snapshot_steps(steps, model.num_params)
    try:
        for event, copy in followed(events, seconds, order.stop, due):
            yield Progress(on_cpu(event), weights_of(model) if copy else None)
    except DivergedError as error:
        yield Failed(str(error), diverged=True)


def followed(
    events: Generator[Event, Any, None], seconds: float, stop: Path, due: frozenset[int]
) -> Iterator[tuple[Event, bool]]:
    """Yield each event, and whether the weights after it are wanted, until the time is over or the stop file is there.

    Args:
        due: steps after which they are wanted in any case.
    """
    copied = time.monotonic()
    until = copied + seconds
    for event in events:
        now = time.monotonic()
        over = now > until or stop.exists()
        copy = over or event.step in due or now - copied > COPY_SECONDS or isinstance(event, Done)
        copied = now if copy else copied
        yield event, copy
        if over:
            break
    events.close()


def fitted(order: Order, device: str) -> Recipe:
    """Return the recipe of an order, fitted into its limit by the speed of the device."""
    if not order.limit:
        return order.recipe
    step = seconds_per_step(order.recipe, device=device)
    return fit(order.recipe, order.limit, step, len(order.digits))


def weights_of(model: VisionTransformer) -> Weights:
    """Copy the weights of a model to the CPU."""
    return {name: weight.detach().to("cpu", copy=True) for name, weight in model.state_dict().items()}


def on_cpu(event: Event) -> Event:
    """Return an event with its tensors on the CPU."""
    if not isinstance(event, Epoch):
        return event
    return replace(event, state={name: tensor.cpu() for name, tensor in event.state.items()})


# A start on ZeroGPU fails unless a function asked for a GPU by then.
remote_training = on_gpu(train_remotely, seconds_needed)
