"""Calibrated probabilities, and the out-of-distribution (OOD) score ranked among validation digits.

`train.evaluation.calibrate` fits both. Without a fit, everything counts as in distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vit.model import VisionTransformer
from vit.ood_detector import OODDetector, rank
from vit.trace import Trace
from vit.validation import check_range


@dataclass(frozen=True, eq=False)
class Calibration:
    """Temperature, OOD detector and threshold of a model. The defaults belong to an unfitted model.

    Attributes:
        temperature: divides the logits (Guo et al. 2017, section 4.2).
        threshold: largest OOD score, in [0, 1], that still counts as in distribution.
        ood_detector: None if it was not fitted.

    Raises:
        ValueError: the temperature is not positive, or the threshold not in [0, 1].
    """

    temperature: float = 1.0
    threshold: float = 1.0
    ood_detector: OODDetector | None = None

    def __post_init__(self) -> None:
        check_range("temperature", self.temperature, 0, low_open=True)
        check_range("threshold", self.threshold, 0, 1)

    def probs(self, logits: Tensor) -> Tensor:
        """Return calibrated class probabilities (B, K), rows summing to 1."""
        return (logits / self.temperature).softmax(dim=-1)

    def ood_score(self, trace: Trace, images: Tensor) -> Tensor:
        """Return the share of validation digits with a lower raw OOD score than each image: (B,) in [0, 1].

        A typical digit has 0.5; 1 is less like a digit than all of them.

        Args:
            trace: of the same images.
            images: (B, C, H, W) in [0, 1].
        """
        if self.ood_detector is None:
            return torch.zeros(len(images), device=images.device)
        return rank(self.ood_detector.score(trace, images), self.ood_detector.ranks)

    @torch.inference_mode()
    def ood_scores(self, model: VisionTransformer, digits: np.ndarray) -> np.ndarray:
        """Return the OOD scores (n,) of digits (n, 28, 28) in [0, 1]: what `ink.find_digits` chooses readings by."""
        images = torch.from_numpy(digits)[:, None]  # (n, 1, 28, 28)
        return self.ood_score(model.trace(images), images).numpy()

    def in_distribution(self, trace: Trace, images: Tensor) -> Tensor:
        """Tell which images are in distribution, (B,) bool; arguments as in `ood_score`."""
        return self.ood_score(trace, images) <= self.threshold
