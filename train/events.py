"""The events that a training yields: steps, epochs and the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from train.score import Score


@dataclass(frozen=True)
class Step:
    """One step on one batch.

    Attributes:
        loss, accuracy: of this batch, before its update; nats, in [0, 1].
        gradient: norm of the gradient over all weights.
        seconds: training time so far.
    """

    step: int
    steps: int
    epoch: int
    loss: float
    accuracy: float
    lr: float
    gradient: float
    seconds: float


@dataclass(frozen=True)
class Epoch:
    """The end of one pass over the training images.

    Attributes:
        epoch: number of passes done, from 1.
        loss, accuracy: means over the steps of this epoch, on augmented images in training mode.
        val: score on the validation images, None without any.
        seconds: training time so far, without evaluation and without the caller's own work.
        state: tensors of the optimizers; with them `train(resume=...)` continues exactly.
    """

    epoch: int
    epochs: int
    step: int
    loss: float
    accuracy: float
    val: Score | None
    seconds: float
    state: Mapping[str, Tensor]


@dataclass(frozen=True)
class Done:
    """The end of the training."""

    epochs: int
    step: int
    seconds: float
    val: Score | None


Event = Step | Epoch | Done


def epoch_line(event: Epoch) -> str:
    """Describe an epoch in one line of text."""
    text = f"epoch {event.epoch:3d}/{event.epochs}  train loss {event.loss:.4f}  acc {event.accuracy:7.2%}"
    if event.val:
        text += f"  |  val loss {event.val.loss:.4f}  acc {event.val.accuracy:7.2%}"
    return f"{text}  |  {event.seconds:.0f} s"
