"""The filters of a model's patch embedding."""

from __future__ import annotations

from functools import lru_cache

import torch

from demo import serialize
from demo.requests import Payload, Reader, errors_as_answers
from vit import VisionTransformer
from vit.analysis.patch_filters import components

CACHED_MODELS = 8


class Filters:
    """Server function of the tab; it depends on the model, not on the drawing."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def filters(self, payload: Payload) -> Payload:
        """Return the filters of the patch embedding, or `error` with one sentence."""
        return embedding(self.reader.model(payload))


@lru_cache(maxsize=CACHED_MODELS)
@torch.inference_mode()
def embedding(model: VisionTransformer) -> Payload:
    """Pack the filters (D, P*P) of the patch embedding, largest norm first, and their principal components.

    `patterns` are the right singular vectors of the weights (Dosovitskiy et al. 2021, figure 7 left), not centred, with
    the sign that has more ink; `gains` are their singular values. `features` are the filters' numbers, from 0, and
    `std` is the divisor of the pixels in the model's normalisation.
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
