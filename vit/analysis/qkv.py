"""Queries, keys and values of every token, from a trace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor

from vit.model import Block, VisionTransformer
from vit.trace import Trace


@torch.no_grad()
def qkv(model: VisionTransformer, trace: Trace) -> Tensor:
    """Return queries, keys and values of every head, (L, B, 3, h, N, d).

    With `q, k, v` of one layer and head, `softmax(q @ k.mT * d**-0.5)` is `trace.attention` there, and that times `v`
    is the head's output (Vaswani et al. 2017, equation 1). Biases are in them already.

    Args:
        trace: a trace of this model for B images.

    Raises:
        ValueError: the trace comes from a model of other sizes.
    """
    config = model.config
    expected = (config.depth, config.num_tokens, config.embed_dim)
    L, _, N, D = trace.tokens.shape
    if expected != (L, N, D):
        raise ValueError(f"the trace must have (layers, tokens, features) {expected}, got {(L, N, D)}")
    entered = torch.cat([trace.embedded[None], trace.tokens[:-1]])  # (L, B, N, D)
    parts = []
    for block, tokens in zip(cast(Iterable[Block], model.blocks), entered, strict=True):
        normed = block.norm1(tokens) if block.pre_norm else tokens
        parts.append(block.attn.split_heads(normed).transpose(0, 1))  # (B, 3, h, N, d)
    return torch.stack(parts)
