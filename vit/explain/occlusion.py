"""Occlusion: mask one patch at a time (Zeiler and Fergus 2014, section 4.2)."""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import checked_target, explanation
from vit.explain.masking import MaskedModel, log_odds
from vit.model import VisionTransformer


@explanation
def occlusion(model: VisionTransformer, image: Tensor, target: int, mask_mode: str = "unseen") -> Tensor:
    """Return the drop of the target's log-odds when each patch alone is masked, (G, G), in nats.

    The masked patch is `unseen` (no token in any layer) or `erased` (no ink). Two redundant patches both get too low
    a value, because each replaces the other.

    Args:
        image: (C, H, W) in [0, 1].
        target: a class, such as a digit.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    target = checked_target(model, target)
    masked = MaskedModel(model, image, mask_mode)
    n = len(masked.maskable)
    present = torch.cat([torch.ones(1, n, dtype=torch.bool), ~torch.eye(n, dtype=torch.bool)])  # (1 + n, n)
    values = log_odds(masked.logits(present), target)
    return masked.on_grid(values[0] - values[1:])
