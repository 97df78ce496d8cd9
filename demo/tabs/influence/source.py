"""What a model was trained on, and the stored moments of its training that TracIn sums over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from demo.models import LoadedModel, shipped_name
from demo.training.cost import ACTIVATION, SPEED, image_cost
from demo.training.curves import Point
from demo.training.snapshots import Snapshot
from demo.training.training_queue import Jobs
from train.config import Recipe
from train.data.dataset import Digits, load
from train.influence.features import learned_digits
from train.splits import hold_out
from vit.model import VisionTransformer

MNIST = "mnist"
BUDGET = 60.0  # seconds of one thread that reading the training digits may take, as `seconds` estimates
MOST_MOMENTS = 5  # snapshots of a training that are read
NOT_STORED = "It is not stored which training digits this model has learned from."
OTHER_SET = "This model has learned from other images than MNIST's training digits."


@dataclass(frozen=True, eq=False)
class Moment:
    """A model in its training, and the learning rates of all steps that it stands for, summed up."""

    model: VisionTransformer
    rate: float


@dataclass(frozen=True, eq=False)
class Source:
    """Where a model comes from.

    Attributes:
        digits: loads the digits that it was trained on.
        moments: builds the model at moments of its training, in order; the last is the model itself.
    """

    digits: Callable[[], Digits]
    moments: Callable[[], tuple[Moment, ...]]


def source_of(token: object, loaded: LoadedModel, jobs: Jobs) -> Source:
    """Return where the model that `token` names comes from.

    Raises:
        ValueError: it has learned something else than MNIST's digits, or that is not stored.
    """
    name = shipped_name(token)
    if name:  # its file holds the final weights alone
        return Source(partial(learned_digits, name, jobs.folder), lambda: (Moment(loaded.model, 1.0),))
    _, recipe = jobs.origin(str(token)) or ("", None)
    state, live = jobs.state(str(token)), jobs.live(str(token))
    if recipe is None or state is None or live is None:
        raise ValueError(NOT_STORED)
    if recipe.training.dataset != MNIST:
        raise ValueError(OTHER_SET)
    count = affordable(loaded.model, state.images)
    stored = partial(moments, list(live.snapshots.items), state.train, loaded.model, count)
    return Source(partial(trained_digits, jobs.folder, recipe, state.images), stored)


def trained_digits(folder: str | Path, recipe: Recipe, count: int) -> Digits:
    """Load the digits of a training, which had `count` of them."""
    return hold_out(load("train", folder), recipe.training)[0].subset(slice(count))


def moments(
    snapshots: Sequence[Snapshot], curve: Sequence[Point], final: VisionTransformer, count: int
) -> tuple[Moment, ...]:
    """Choose at most `count` of the snapshots of a training, evenly spaced over its steps if it has such.

    Args:
        curve: of the training, with its learning rates.
        final: the model itself, in place of the last snapshot.
    """
    last = snapshots[-1].step if snapshots else 0
    wanted = [last * number / count for number in range(1, count + 1)]
    steps = sorted({min(snapshots, key=lambda one: abs(one.step - step)).step for step in wanted if last} - {0})
    sums = rate_sums(curve, steps)
    if len(steps) < 2 or not min(sums) > 0:
        return (Moment(final, 1.0),)
    weights = {one.step: one for one in snapshots}
    models = [weights[step].model(final.config) for step in steps[:-1]]
    return tuple(Moment(*pair) for pair in zip([*models, final], sums, strict=True))


def rate_sums(curve: Sequence[Point], steps: Sequence[int]) -> list[float]:
    """Return the sum of the learning rates of the steps up to each of `steps`, after the one before it."""
    edges = [0, *(point.step for point in curve)]
    spans = [right - left for left, right in pairwise(edges)]
    total = np.cumsum([0.0, *(point.lr * span for point, span in zip(curve, spans, strict=True))])
    return np.diff(np.interp([0, *steps], edges, total)).tolist()


def seconds(model: VisionTransformer, digits: int) -> float:
    """Estimate the seconds that one thread needs to read as many digits."""
    macs, written, _ = image_cost(model.config)
    return digits * (macs + ACTIVATION * written) / SPEED


def affordable(model: VisionTransformer, digits: int) -> int:
    """Return how many moments of a training can read its digits within the budget: 1 to MOST_MOMENTS."""
    return max(1, min(MOST_MOMENTS, int(BUDGET / max(seconds(model, digits), 1e-9))))


def within_budget(model: VisionTransformer, digits: Digits) -> Digits:
    """Return the first of the digits, as many as one model can read within the budget."""
    share = BUDGET / max(seconds(model, len(digits)), 1e-9)
    return digits if share >= 1 else digits.subset(slice(max(1, int(share * len(digits)))))
