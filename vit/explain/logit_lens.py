"""Which digit each token "says" after each block: the last norm and the head, held onto all of them.

The head was trained on the cls token after the last block alone, or on the mean of the patches there. What it makes of
other tokens and earlier blocks is a way of looking, known as the logit lens (nostalgebraist 2020; for vision
transformers Vilas et al. 2023), and no answer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import explanation
from vit.model import VisionTransformer


@explanation
def lens(model: VisionTransformer, image: Tensor) -> Tensor:
    """Return the class probabilities (L, N, K) of every token after every block; token 0 is cls.

    The last block's cls row is the model's own answer. Of a model that answers from the mean of its patches, cls rows
    are of that mean; the patches' logits in the last block then average to the answer's.

    Args:
        image: (C, H, W) in [0, 1].

    Raises:
        ValueError: the image does not fit the model.
    """
    tokens = model.trace(image[None]).tokens[:, 0]  # (L, N, D)
    return model.head(each_normed(model, tokens)).softmax(dim=-1)


def each_normed(model: VisionTransformer, tokens: Tensor) -> Tensor:
    """Return tokens (..., N, D) as the head reads them; in the place of cls stands what the answer is read from."""
    return torch.cat([model.pooled(tokens)[..., None, :], model.norm(tokens[..., 1:, :])], dim=-2)
