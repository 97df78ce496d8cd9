"""Attention followed through all blocks (Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers")."""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import explanation
from vit.model import VisionTransformer
from vit.trace import pool_tokens, to_grid


@explanation
def rollout(model: VisionTransformer, image: Tensor) -> Tensor:
    """Return how much of each patch reaches the answer if attention alone moved information: (G, G), >= 0.

    The answer is read from cls, or from all patches on average. What comes from cls itself is not in the map, so the
    sum is at most 1. The same for every digit, and blind to sign.

    Args:
        image: (C, H, W) in [0, 1].

    Raises:
        ValueError: the image does not fit the model.
    """
    return to_grid(pool_tokens(rolled(model.trace(image[None]).attention), model.config.pool)[0])


def rolled(attention: Tensor) -> Tensor:
    """Multiply the blocks' attention (L, B, h, N, N) up: (B, N, N), row = where a token's content comes from.

    Heads are averaged, and half of each token comes from itself, by the residual connection (section 3). Rows sum to 1.
    """
    itself = torch.eye(attention.shape[-1], dtype=attention.dtype, device=attention.device)
    steps = (attention.mean(dim=2) + itself) / 2  # (L, B, N, N)
    total = itself.expand_as(steps[0])
    for step in steps:
        total = step @ total
    return total
