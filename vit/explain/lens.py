"""Which digit each token "says" after each block: the last norm and the head, held onto all of them.

The head was trained on the cls token after the last block alone. What it makes of other tokens and earlier blocks is a
way of looking, known as the logit lens (nostalgebraist 2020; for vision transformers Vilas et al. 2023), and no answer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.game import check_image
from vit.model import VisionTransformer


@torch.no_grad()
def lens(model: VisionTransformer, image: Tensor) -> Tensor:
    """Return the class probabilities (L, N, K) of every token after every block; token 0 is cls.

    The last block's cls row is the model's own answer.

    Args:
        image: (C, H, W) in [0, 1].

    Raises:
        ValueError: the image does not fit the model.
    """
    check_image(model, image)
    tokens = model.trace(image[None]).tokens[:, 0]  # (L, N, D)
    return model.head(model.norm(tokens)).softmax(dim=-1)
