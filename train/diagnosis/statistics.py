"""What a training has shown so far, summed up: means with their standard errors, and how far it has gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Protocol

from train.config import TrainConfig


class Held(Protocol):
    """What the held-out images said after a pass over the training images."""

    @property
    def step(self) -> int: ...
    @property
    def loss(self) -> float: ...
    @property
    def accuracy(self) -> float: ...


class Seen(Held, Protocol):
    """A point of a training's curve, a step or the mean of several; `train.events.Step` is one."""

    @property
    def lr(self) -> float: ...


@dataclass(frozen=True)
class Mean:
    """A mean and its standard error."""

    value: float
    error: float

    def __sub__(self, other: Mean) -> Mean:
        return Mean(self.value - other.value, sqrt(self.error**2 + other.error**2))

    def __str__(self) -> str:
        return f"{self.value:.2f}"


def settled(history: Sequence[Seen], config: TrainConfig) -> Sequence[Seen]:
    """Leave out the points at which the learning rate was still climbing."""
    if not config.warmup or not history:
        return history
    peak = max(range(len(history)), key=lambda at: history[at].lr)
    return history[peak:] if peak < len(history) - 1 else []


def learned(history: Sequence[Seen], held: Sequence[Held], check: Held) -> tuple[float, float]:
    """Return loss and accuracy on the training batches of the epoch that `check` ends."""
    start = max((other.step for other in held if other.step < check.step), default=0)
    part = [point for point in history if start < point.step <= check.step]
    part = part or [point for point in history if point.step <= check.step][-1:] or history[:1]
    return fmean(point.loss for point in part), fmean(point.accuracy for point in part)


def mean(points: Sequence[Seen]) -> Mean:
    """Return the mean loss of two points or more."""
    losses = [point.loss for point in points]
    return Mean(fmean(losses), stdev(losses) / sqrt(len(losses)))


def trend(points: Sequence[Seen]) -> Mean:
    """Return by how much the loss has changed from the first half of the points to the second."""
    return mean(points[len(points) // 2 :]) - mean(points[: len(points) // 2])


def doubt(share: float, count: int) -> float:
    """Return the standard error of a share of `count` images."""
    return sqrt(max(share * (1 - share), 1 / count) / count)


def travelled(history: Sequence[Seen]) -> float:
    """Return the sum of the learning rates of all steps."""
    starts = [0, *(point.step for point in history)]
    return sum(point.lr * (point.step - start) for point, start in zip(history, starts, strict=False))
