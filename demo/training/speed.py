"""Seconds per training step of a recipe, measured on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple

from train.config import Recipe
from train.evaluation.patch_costs import seconds_per_step

BUSY_RATIO = 1.3  # of wall time to processor time; if it is higher, other work slowed the measurement
RETRY_SECONDS = 20.0  # age at which a measurement that other work slowed is repeated
FRESH_SECONDS = 600.0  # age at which any other measurement is repeated
MAX_STORED = 200  # speeds


class Speed(NamedTuple):
    """Seconds per step.

    Attributes:
        source: `measured` from a few steps; `busy`, the same while other work slowed them; `running`, from the training
            that runs and has the same steps.
    """

    seconds: float
    source: Literal["measured", "busy", "running"]


class Speeds:
    """Cache of measured speeds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start empty; `clock` returns seconds that never decrease."""
        self._clock = clock
        self._stored: dict[Recipe, tuple[Speed, float]] = {}

    def stored(self, recipe: Recipe) -> Speed | None:
        """Return the speed of a recipe's steps; None if it was not measured, or too long ago."""
        speed, measured_at = self._stored.get(same_steps(recipe), (None, 0.0))
        limit = RETRY_SECONDS if speed and speed.source == "busy" else FRESH_SECONDS
        return speed if self._clock() - measured_at < limit else None

    def measure(self, recipe: Recipe) -> Speed:
        """Measure a speed and store it."""
        if len(self._stored) >= MAX_STORED:
            self._stored.clear()
        speed = measure(recipe)
        self._stored[same_steps(recipe)] = speed, self._clock()
        return speed

    def drop(self, recipe: Recipe) -> None:
        """Delete a speed, so that it is measured again."""
        self._stored.pop(same_steps(recipe), None)


def measure(recipe: Recipe) -> Speed:
    """Measure the speed of a recipe's steps in this thread; takes about a second."""
    wall, processor = time.perf_counter(), time.thread_time()
    seconds = seconds_per_step(recipe, steps=2, seconds=1.0)
    wall, processor = time.perf_counter() - wall, time.thread_time() - processor
    return Speed(seconds, "busy" if wall > BUSY_RATIO * processor else "measured")


def same_steps(recipe: Recipe) -> Recipe:
    """Reset the settings of a recipe that do not change how long a step takes."""
    same = {"epochs": 1, "seed": 0, "lr": 1e-3, "weight_decay": 0.0, "per_class": 0, "without": ()}
    return replace(recipe, training=replace(recipe.training, **same))
