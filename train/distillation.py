"""Teachers: trained models whose answers to a batch are learned beside its labels (Hinton, Vinyals and Dean 2015).

A label says what a digit is; a teacher says as well what it might be taken for. Several teachers' answers are averaged,
which takes out what only one of them believes. They may look quite unlike the model that learns from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from train.config import TrainConfig
from vit.model import VisionTransformer


@dataclass(frozen=True)
class Teachers:
    """The loss that a recipe asks for: of the labels alone, or `config.distill` of it of these models' answers."""

    config: TrainConfig
    models: Sequence[VisionTransformer] = ()

    def __post_init__(self) -> None:
        if bool(self.models) != (self.config.distill > 0):
            needed = "at least one for a recipe with distill above 0" if self.config.distill else "none without distill"
            raise ValueError(f"teachers must be {needed}, got {len(self.models)}")

    def to(self, device: str | torch.device) -> Teachers:
        """Bring the teachers to a device, ready to read."""
        return Teachers(self.config, [model.to(device).eval() for model in self.models])

    def loss(self, logits: Tensor, labels: Tensor, images: Tensor | None) -> Tensor:
        """Return the loss, summed over a batch of logits (B, K), labels (B,) and images (B, C, H, W) for the teachers.

        Images of None say that the batch was seen with patches missing: a teacher who saw all of it would ask for
        knowledge that is not there, so the labels alone count.
        """
        told = F.cross_entropy(logits, labels, reduction="sum")
        if not self.models or images is None:
            return told
        temperature, share = self.config.temperature, self.config.distill
        ours = (logits / temperature).log_softmax(dim=-1)
        # The squared temperature keeps the gradients as large as those of the labels (section 2 of the paper).
        taught = temperature**2 * F.kl_div(ours, self.answers(images).to(ours.dtype), reduction="sum")
        return torch.lerp(told, taught, share)

    @torch.no_grad()
    def answers(self, images: Tensor) -> Tensor:
        """Return the mean of the teachers' softened probabilities (B, K)."""
        softened = [(model(images).float() / self.config.temperature).softmax(dim=-1) for model in self.models]
        return torch.stack(softened).mean(dim=0)
