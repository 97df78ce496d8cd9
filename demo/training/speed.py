"""How long a step of a recipe takes here, and how that is known."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple

from train.config import Recipe
from train.evaluation.patch_costs import seconds_per_step

BUSY = 1.3  # wall time of a measurement, as a multiple of its processor time, from which other work slowed it
RETRY = 20.0  # seconds after which a measurement that other work slowed is repeated
FRESH = 600.0  # seconds after which any measurement is repeated
KEPT = 200  # measurements


class Speed(NamedTuple):
    """Seconds that a step takes.

    `source`: `measured` by a few steps, also where other work was `busy` meanwhile; or of the training that is
    `running`, which has the same steps.
    """

    seconds: float
    source: Literal["measured", "busy", "running"]


class Speeds:
    """The speeds that were measured here, each for a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with none; `clock` gives seconds that never go back."""
        self._clock = clock
        self._known: dict[Recipe, tuple[Speed, float]] = {}

    def known(self, recipe: Recipe) -> Speed | None:
        """Return the speed of a recipe's steps if it was measured, and not too long ago."""
        speed, at = self._known.get(same_steps(recipe), (None, 0.0))
        limit = RETRY if speed and speed.source == "busy" else FRESH
        return speed if self._clock() - at < limit else None

    def measure(self, recipe: Recipe) -> Speed:
        """Measure a speed and keep it."""
        if len(self._known) >= KEPT:
            self._known.clear()
        speed = measure(recipe)
        self._known[same_steps(recipe)] = speed, self._clock()
        return speed

    def drop(self, recipe: Recipe) -> None:
        """Forget a speed, so that it is measured again."""
        self._known.pop(same_steps(recipe), None)


def measure(recipe: Recipe) -> Speed:
    """Measure the speed of a recipe's steps in this thread, for about a second."""
    wall, processor = time.perf_counter(), time.thread_time()
    seconds = seconds_per_step(recipe, steps=2, seconds=1.0)
    wall, processor = time.perf_counter() - wall, time.thread_time() - processor
    return Speed(seconds, "busy" if wall > BUSY * processor else "measured")


def same_steps(recipe: Recipe) -> Recipe:
    """Return the recipe that stands for all whose steps take as long: these settings make none slower."""
    same = {"epochs": 1, "seed": 0, "lr": 1e-3, "weight_decay": 0.0, "per_class": 0, "without": ()}
    return replace(recipe, training=replace(recipe.training, **same))
