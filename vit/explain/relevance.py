"""Attention weighted by its gradient for one digit.

After Chefer, Gur and Wolf 2021, "Generic Attention-Model Explainability", for self-attention alone. An attention
weight counts if increasing it would raise the logit of the digit.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import check_differentiable, checked_target, explanation
from vit.model import VisionTransformer
from vit.trace import pool_tokens, to_grid


@explanation
def relevance(model: VisionTransformer, image: Tensor, target: int) -> Tensor:
    """Return the relevance of each patch for `target`, by attention times gradient: (G, G), >= 0.

    The gradient is that of the logit: the gradient of a probability vanishes near 1. Evidence against the target is
    cut off at 0 in each block, so the map has no sign.

    Args:
        image: (C, H, W) in [0, 1].
        target: a class, such as a digit.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    check_differentiable(model)
    target = checked_target(model, target)
    attention, gradients = attention_gradients(model, image, target)
    helpful = (attention * gradients).relu().mean(dim=1)  # (L, N, N), section 3.1, equation 5
    total = torch.eye(helpful.shape[-1]).to(helpful)
    for step in helpful:
        total = total + step @ total  # equation 6
    return to_grid(pool_tokens(total, model.config.pool))


@torch.enable_grad()
def attention_gradients(model: VisionTransformer, image: Tensor, target: int) -> tuple[Tensor, Tensor]:
    """Return the attention (L, h, N, N) and the gradient of the target's logit for each weight (L, h, N, N)."""
    tokens = model.embed(image[None]).detach().requires_grad_()  # so that the weights need not ask for gradients
    attention = []
    for block in model.blocks:
        tokens, attn = block(tokens)
        attention.append(attn)
    gradients = torch.autograd.grad(model.classify(tokens)[0, target], attention)
    return torch.cat(attention).detach(), torch.cat(gradients)
