"""Knowledge distillation: learn from the predictions of trained models beside the labels (Hinton et al. 2015).

A label says what a digit is; a teacher's probabilities also say which digits it resembles. The mean over several
teachers averages their individual errors out. Teachers may have another architecture than their student.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from train.config import TrainConfig
from train.families.network import Classifier


@dataclass(frozen=True)
class Teachers:
    """The loss of a recipe: cross-entropy with the labels, mixed with `config.distill` of distillation.

    Raises:
        ValueError: teachers are missing, or the recipe does not distil.
    """

    config: TrainConfig
    models: Sequence[Classifier] = ()

    def __post_init__(self) -> None:
        if bool(self.models) != (self.config.distill > 0):
            needed = "at least one for a recipe with distill above 0" if self.config.distill else "none without distill"
            raise ValueError(f"teachers must be {needed}, got {len(self.models)}")

    def to(self, device: str | torch.device) -> Teachers:
        """Move the teachers to a device, in evaluation mode."""
        return Teachers(self.config, [model.to(device).eval() for model in self.models])

    def loss(self, logits: Tensor, labels: Tensor, images: Tensor | None) -> Tensor:
        """Return the loss of a batch, summed over its images, in nats.

        Args:
            logits: (B, K) of the student.
            labels: (B,).
            images: (B, C, H, W) for the teachers. None where the student did not see all patches: the teachers would
                ask for knowledge that its input does not hold, so the labels alone count.
        """
        label_loss = F.cross_entropy(logits, labels, reduction="sum")
        if not self.models or images is None:
            return label_loss
        temperature = self.config.temperature
        student = (logits / temperature).log_softmax(dim=-1)
        # The squared temperature makes the gradients as large as those of the labels (section 2 of the paper).
        distillation = temperature**2 * F.kl_div(student, self.probs(images).to(student.dtype), reduction="sum")
        return torch.lerp(label_loss, distillation, self.config.distill)

    @torch.no_grad()
    def probs(self, images: Tensor) -> Tensor:
        """Return the mean of the teachers' probabilities (B, K), softened by the temperature."""
        softened = [(model(images).float() / self.config.temperature).softmax(dim=-1) for model in self.models]
        return torch.stack(softened).mean(dim=0)  # (B, K)
