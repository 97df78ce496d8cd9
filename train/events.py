"""What a training tells, step by step: the events that `train.loop.train` yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from train.score import Score


@dataclass(frozen=True)
class Step:
    """One batch learned.

    Attributes:
        loss, accuracy: of this batch, before its update; nats, in [0, 1].
        gradient: length of the gradient over all weights.
        seconds: spent learning so far.
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
    """One pass over the training images done.

    Attributes:
        epoch: how many passes are done, from 1.
        loss, accuracy: means over the steps of this epoch, on augmented images in training mode.
        val: the score on the held-out images, None when none are held out.
        seconds: time spent learning so far, evaluation and the consumer's own work not counted.
        state: the optimisers' tensors, from which `train(resume=...)` goes on exactly.
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
    """All epochs done."""

    epochs: int
    step: int
    seconds: float
    val: Score | None


Event = Step | Epoch | Done
