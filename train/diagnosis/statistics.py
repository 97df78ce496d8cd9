"""Statistics of a training run for the diagnosis: means with standard errors, and the length of its path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Protocol

from train.config import TrainConfig

MIN_POINTS = 8  # of a window of the curve, whose mean is compared
STANDARD_ERRORS = 4.0  # by which two means must differ


class ValPoint(Protocol):
    """Scores on the validation set after an epoch."""

    @property
    def step(self) -> int: ...
    @property
    def loss(self) -> float: ...
    @property
    def accuracy(self) -> float: ...


class TrainPoint(ValPoint, Protocol):
    """Point of the training curve: a step, or the mean of several steps; `train.events.Step` is one."""

    @property
    def lr(self) -> float: ...


@dataclass(frozen=True)
class MeanLoss:
    """A mean loss in nats, or a difference of two, with its standard error."""

    value: float
    error: float

    def __sub__(self, other: MeanLoss) -> MeanLoss:
        return MeanLoss(self.value - other.value, sqrt(self.error**2 + other.error**2))

    def __str__(self) -> str:
        return f"{self.value:.2f}"


def after_warmup(history: Sequence[TrainPoint], config: TrainConfig) -> Sequence[TrainPoint]:
    """Points from the highest learning rate on, after the warm-up."""
    if not config.warmup or not history:
        return history
    peak = max(range(len(history)), key=lambda at: history[at].lr)
    return history[peak:] if peak < len(history) - 1 else []


def training_scores(
    history: Sequence[TrainPoint], val_points: Sequence[ValPoint], check: ValPoint
) -> tuple[float, float]:
    """Mean loss and accuracy on the training batches of the epoch that ends with `check`."""
    start = max((other.step for other in val_points if other.step < check.step), default=0)
    part = [point for point in history if start < point.step <= check.step]
    part = part or [point for point in history if point.step <= check.step][-1:] or history[:1]
    return fmean(point.loss for point in part), fmean(point.accuracy for point in part)


def mean_loss(points: Sequence[TrainPoint]) -> MeanLoss:
    """Mean loss of at least two points."""
    losses = [point.loss for point in points]
    return MeanLoss(fmean(losses), stdev(losses) / sqrt(len(losses)))


def loss_change(points: Sequence[TrainPoint]) -> MeanLoss:
    """Change of the mean loss from the first half of the points to the second."""
    return mean_loss(points[len(points) // 2 :]) - mean_loss(points[: len(points) // 2])


def standard_error(share: float, count: int) -> float:
    """Standard error of a share in [0, 1] of `count` images."""
    return sqrt(max(share * (1 - share), 1 / count) / count)


def total_learning_rate(history: Sequence[TrainPoint]) -> float:
    """Sum of the learning rates of all steps."""
    starts = [0, *(point.step for point in history)]
    return sum(point.lr * (point.step - start) for point, start in zip(history, starts, strict=False))
