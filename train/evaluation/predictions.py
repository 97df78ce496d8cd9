"""What a model makes of many digits: its answers, how sure it is of them, and which are wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from train.data.dataset import Digits
from train.evaluation.reliability_diagram import Diagram, diagram
from train.score import wilson
from vit.calibration import Calibration
from vit.model import VisionTransformer

TOKENS_AT_ONCE = 4096  # fit a processor's cache, and are soon read: who waits hears often how far it is

Report = Callable[[int, int], object]  # called with the images done and those in all; what it raises ends the reading


@torch.inference_mode()
def read(model: VisionTransformer, images: Tensor, report: Report | None = None) -> Tensor:
    """Return the logits (n, K), on the CPU, of images (n, H, W) uint8 or (n, C, H, W) in [0, 1].

    The model reads in evaluation mode, and is left in the mode that it was in.
    """
    device, was_training, found = model.head.weight.device, model.training, []
    model.eval()
    try:
        for some in images.split(max(1, TOKENS_AT_ONCE // model.config.num_tokens)):
            batch = some[:, None].float() / 255 if some.dtype == torch.uint8 else some
            found.append(model(batch.to(device)).cpu())
            if report:
                report(sum(map(len, found)), len(images))
    finally:
        model.train(was_training)
    return torch.cat(found)


@dataclass(frozen=True, eq=False)
class Readings:
    """A model's answers to digits.

    Attributes:
        probs: (n, K), calibrated where that was fitted.
        labels: (n,), the digits that were written.
    """

    probs: Tensor
    labels: Tensor

    @property
    def digits(self) -> Tensor:
        """The digits that were read, (n,)."""
        return self.probs.argmax(dim=-1)

    @property
    def sure(self) -> Tensor:
        """The probability of each answer, (n,)."""
        return self.probs.amax(dim=-1)

    @property
    def right(self) -> Tensor:
        """Which answers are right, (n,) bool."""
        return self.digits == self.labels

    @property
    def accuracy(self) -> float:
        """The share of right answers, in [0, 1]."""
        return self.right.sum().item() / len(self.labels)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy."""
        return wilson(self.accuracy, len(self.labels))

    @property
    def calibration(self) -> Diagram:
        """How far the probabilities can be taken at their word."""
        return diagram(self.sure, self.right)

    def mistakes(self) -> Tensor:
        """Return the places of the wrong answers (m,), the surest first."""
        return self.by_sureness(~self.right, surest_first=True)

    def cell(self, written: int, digit: int) -> Tensor:
        """Return the places of the digits `written` that were read as `digit` (m,): the most wrong ones first.

        Those are the surest of wrong answers, and the least sure of right ones.
        """
        chosen = (self.labels == written) & (self.digits == digit)
        return self.by_sureness(chosen, surest_first=written != digit)

    def by_sureness(self, chosen: Tensor, surest_first: bool) -> Tensor:
        """Return the places that a mask (n,) chooses, sorted by the probability of their answers."""
        places = chosen.nonzero()[:, 0]
        return places[self.sure[places].argsort(descending=surest_first, stable=True)]


def readings(
    model: VisionTransformer, digits: Digits, calibration: Calibration | None = None, report: Report | None = None
) -> Readings:
    """Read all of `digits`.

    Raises:
        ValueError: there are none.
    """
    if not len(digits):
        raise ValueError("digits must hold at least one image to read, got none")
    return Readings((calibration or Calibration()).probs(read(model, digits.images, report)), digits.labels)
