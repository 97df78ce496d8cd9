"""Where the cls token looks in the last block: what most demos show. It asks nothing about any digit.

Of a model that answers from the mean of its patches, it is where all of them look on average.
"""

from __future__ import annotations

from torch import Tensor

from vit.explain.explained import explanation
from vit.model import VisionTransformer
from vit.trace import to_grid


@explanation
def attention(model: VisionTransformer, image: Tensor) -> Tensor:
    """Return how much of its attention cls gives each patch in the last block, mean over the heads: (G, G), >= 0.

    What cls gets is not in the map, so the sum is at most 1. The same for every digit, and blind to sign.

    Args:
        image: (C, H, W) in [0, 1].

    Raises:
        ValueError: the image does not fit the model.
    """
    return to_grid(model.trace(image[None]).answer_attention[-1, 0].mean(dim=0))
