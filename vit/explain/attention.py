"""Raw attention: where the cls token looks in the last block. It does not depend on the digit.

For a model with mean pooling it is the mean over all patches instead.
"""

from __future__ import annotations

from torch import Tensor

from vit.explain.explained import explanation
from vit.model import VisionTransformer
from vit.trace import to_grid


@explanation
def attention(model: VisionTransformer, image: Tensor) -> Tensor:
    """Return the attention of cls to each patch in the last block, mean over the heads: (G, G), >= 0.

    The attention of cls to itself is left out, so the sum is at most 1. The map has no sign.

    Args:
        image: (C, H, W) in [0, 1].

    Raises:
        ValueError: the image does not fit the model.
    """
    return to_grid(model.trace(image[None]).answer_attention[-1, 0].mean(dim=0))
