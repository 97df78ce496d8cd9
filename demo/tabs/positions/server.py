"""What a model knows before it has read anything: its filters, and how far its heads look on the test digits."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from demo import serialize
from demo.requests import Payload, Reader, errors_as_answers, samples
from vit import VisionTransformer
from vit.analysis.attention_distance import even_distance, head_distances
from vit.analysis.patch_filters import components

MODELS = 8  # whose answers are kept
WEIGHTS = 120_000_000  # of attention are averaged at most: 300 digits for 50 tokens, fewer for a finer grid
AT_ONCE = 4_000_000  # of them in memory


class Positions:
    """Answer the tab's requests, which are about a model and not about a drawing."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def filters(self, payload: Payload) -> Payload:
        """Answer with what the patch embedding of the model looks for, or `error` with one sentence."""
        return embedding(self.model(payload))

    @errors_as_answers
    def distances(self, payload: Payload) -> Payload:
        """Answer with how far the heads of the model look, or `error` with one sentence."""
        return distances(self.model(payload))

    def model(self, payload: Payload) -> VisionTransformer:
        """Return the model that a payload names; errors as in `Reader.loaded`, or a `ValueError`."""
        if not isinstance(payload, dict):
            raise ValueError(f"expected the name of a model, got {type(payload).__name__}")
        return self.reader.loaded(payload.get("model")).model


@lru_cache(maxsize=MODELS)
@torch.inference_mode()
def embedding(model: VisionTransformer) -> Payload:
    """Pack the patch embedding's filters (D, P*P), the longest first, and the patterns that they are made of.

    `patterns` are the principal components of the filters (Dosovitskiy et al. 2021, figure 7 left): the right singular
    vectors of the weights, not centred, the strongest first, as patterns of unit length; `gains` their singular
    values, by which such a pattern is stretched on its way into the embedding. Whether a pattern or its negative is
    meant is nowhere said: the one with more ink than paper is taken. `features` numbers the filters from 0, and `std`
    is what the model divides a pixel by before it meets them.
    """
    weights = model.patch_embed.proj.weight  # (D, C*P*P)
    features = weights.norm(dim=1).argsort(descending=True)
    gains, patterns = components(weights)
    return {
        "filters": serialize.pack(weights[features], "f32"),
        "features": features.tolist(),
        "patterns": serialize.pack(patterns, "f32"),
        "gains": serialize.pack(gains, "f32"),
        "std": model.config.std,
    }


@lru_cache(maxsize=MODELS)
@torch.inference_mode()
def distances(model: VisionTransformer) -> Payload:
    """Pack the mean attention distance (L, h), in pixels, over `digits` of the test digits that ship.

    `even` is that of a head that looks at all patches alike.
    """
    found, count = tested_distances(model)
    even = even_distance(model.config.grid_size, model.config.patch_size)
    return {"distance": serialize.pack(found, "f32"), "digits": count, "even": round(even, 4)}


def tested_distances(model: VisionTransformer) -> tuple[Tensor, int]:
    """Return the mean attention distance (L, h) over the test digits that ship, and of how many that is the mean."""
    config = model.config
    each = config.depth * config.num_heads * config.num_tokens**2
    images = torch.from_numpy(samples()[0][: max(1, WEIGHTS // each)] / 255).float()[:, None]  # (n, 1, H, W)
    parts = images.split(max(1, AT_ONCE // each))
    total = sum(head_distances(model.trace(part), config.patch_size) * len(part) for part in parts)
    return torch.as_tensor(total) / len(images), len(images)
