"""Predictions of a model for many digits: probabilities, confidence, accuracy and mistakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from train.data.dataset import Digits
from train.evaluation.reliability_diagram import ReliabilityDiagram, sort_into_bins
from train.score import wilson
from vit.calibration import Calibration
from vit.model import VisionTransformer

TOKENS_AT_ONCE = 4096  # in a batch: few enough for the cache, and for progress that is reported often

Report = Callable[[int, int], object]  # called with images done and images in all; its exceptions stop the work


@torch.inference_mode()
def predict_logits(model: VisionTransformer, images: Tensor, report: Report | None = None) -> Tensor:
    """Logits (n, K) on the CPU of images (n, H, W) uint8 or (n, C, H, W) in [0, 1].

    The model runs in evaluation mode and returns to its own mode.
    """
    device, was_training, logits = model.head.weight.device, model.training, []
    model.eval()
    try:
        for part in images.split(max(1, TOKENS_AT_ONCE // model.config.num_tokens)):
            batch = part[:, None].float() / 255 if part.dtype == torch.uint8 else part
            logits.append(model(batch.to(device)).cpu())
            if report:
                report(sum(map(len, logits)), len(images))
    finally:
        model.train(was_training)
    return torch.cat(logits)


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of a model for n digits.

    Attributes:
        probs: (n, K), calibrated if the model has a calibration.
        labels: (n,).
    """

    probs: Tensor
    labels: Tensor

    @property
    def digits(self) -> Tensor:
        """Predicted digits (n,)."""
        return self.probs.argmax(dim=-1)

    @property
    def confidence(self) -> Tensor:
        """Largest probability of each prediction (n,) (Guo et al. 2017, section 2)."""
        return self.probs.amax(dim=-1)

    @property
    def right(self) -> Tensor:
        """Mask (n,) of the right predictions."""
        return self.digits == self.labels

    @property
    def accuracy(self) -> float:
        """Share of right predictions, in [0, 1]."""
        return self.right.sum().item() / len(self.labels)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson 95 % interval of the accuracy."""
        return wilson(self.accuracy, len(self.labels))

    @property
    def calibration(self) -> ReliabilityDiagram:
        """Reliability diagram of the predictions."""
        return sort_into_bins(self.confidence, self.right)

    def mistakes(self) -> Tensor:
        """Indices (m,) of the wrong predictions, highest confidence first."""
        return self.by_confidence(~self.right, descending=True)

    def cell(self, label: int, digit: int) -> Tensor:
        """Indices (m,) of the digits in a cell of the confusion matrix, worst predictions first.

        Wrong predictions begin with the highest confidence, right ones with the lowest.
        """
        chosen = (self.labels == label) & (self.digits == digit)
        return self.by_confidence(chosen, descending=label != digit)

    def by_confidence(self, chosen: Tensor, descending: bool) -> Tensor:
        """Indices of a mask (n,), sorted by confidence."""
        indices = chosen.nonzero()[:, 0]
        return indices[self.confidence[indices].argsort(descending=descending, stable=True)]


def predict(
    model: VisionTransformer, digits: Digits, calibration: Calibration | None = None, report: Report | None = None
) -> Predictions:
    """Predict all digits, with calibrated probabilities if there is a calibration.

    Raises:
        ValueError: there are no digits.
    """
    if not len(digits):
        raise ValueError("digits must hold at least one image to read, got none")
    logits = predict_logits(model, digits.images, report)
    return Predictions((calibration or Calibration()).probs(logits), digits.labels)
