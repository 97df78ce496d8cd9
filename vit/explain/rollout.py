"""Attention followed through all blocks (Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers")."""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import explanation
from vit.model import VisionTransformer
from vit.trace import pool_tokens, to_grid


@explanation
def rollout(model: VisionTransformer, image: Tensor) -> Tensor:
    """Return attention rollout: the share of each patch in the pooled token, (G, G), >= 0.

    It assumes that attention alone moves information. The share of cls itself is left out, so the sum is at most 1.
    The map is the same for every digit and has no sign.

    Args:
        image: (C, H, W) in [0, 1].

    Raises:
        ValueError: the image does not fit the model.
    """
    return to_grid(pool_tokens(multiply_attention(model.trace(image[None]).attention), model.config.pool)[0])


def multiply_attention(attention: Tensor) -> Tensor:
    """Multiply the attention (L, B, h, N, N) of all blocks: (B, N, N), each row the sources of one token.

    Heads are averaged. Half of each token comes from itself, for the residual connection (section 3). Rows sum to 1.
    """
    identity = torch.eye(attention.shape[-1], dtype=attention.dtype, device=attention.device)
    steps = (attention.mean(dim=2) + identity) / 2  # (L, B, N, N)
    total = identity.expand_as(steps[0])
    for step in steps:
        total = step @ total
    return total
