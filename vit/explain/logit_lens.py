"""Logit lens: apply the final norm and the head to every token after every block.

Source: nostalgebraist 2020; for vision transformers Vilas et al. 2023. The head was trained on the pooled token after
the last block alone, so its output for other tokens and blocks is a view, not a prediction.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import explanation
from vit.model import VisionTransformer


@explanation
def lens(model: VisionTransformer, image: Tensor) -> Tensor:
    """Return the class probabilities (L, N, K) of every token after every layer; token 0 is cls.

    The cls row of the last block is the model's own answer. With mean pooling, the cls row holds the mean of the
    patches instead.

    Args:
        image: (C, H, W) in [0, 1].

    Raises:
        ValueError: the image does not fit the model.
    """
    tokens = model.trace(image[None]).tokens[:, 0]  # (L, N, D)
    return model.head(normed_tokens(model, tokens)).softmax(dim=-1)


def normed_tokens(model: VisionTransformer, tokens: Tensor) -> Tensor:
    """Return tokens (..., N, D) as input of the head; the pooled token replaces cls."""
    return torch.cat([model.pooled(tokens)[..., None, :], model.norm(tokens[..., 1:, :])], dim=-2)
