"""Patch filters of a model and the mean attention distance of its heads on sample digits."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from demo import serialize
from demo.requests import Payload, Reader, errors_as_answers, samples
from vit import VisionTransformer
from vit.analysis.attention_distance import even_distance, head_distances
from vit.analysis.patch_filters import components

CACHED_MODELS = 8
MAX_WEIGHTS = 120_000_000  # attention weights that are averaged: 300 digits for 50 tokens, fewer for a finer grid
WEIGHTS_AT_ONCE = 4_000_000  # in memory


class Positions:
    """Server functions of the tab; they depend on the model, not on the drawing."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def filters(self, payload: Payload) -> Payload:
        """Return the filters of the patch embedding, or `error` with one sentence."""
        return embedding(self.model(payload))

    @errors_as_answers
    def distances(self, payload: Payload) -> Payload:
        """Return the mean attention distance of each head, or `error` with one sentence."""
        return distances(self.model(payload))

    def model(self, payload: Payload) -> VisionTransformer:
        """Return the model that a payload names; errors as in `Reader.loaded`, or a `ValueError`."""
        if not isinstance(payload, dict):
            raise ValueError(f"expected the name of a model, got {type(payload).__name__}")
        return self.reader.loaded(payload.get("model")).model


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


@lru_cache(maxsize=CACHED_MODELS)
@torch.inference_mode()
def distances(model: VisionTransformer) -> Payload:
    """Pack the mean attention distance (L, h) in pixels over `digits` sample digits, and the `even` one."""
    mean_distances, count = sample_distances(model)
    even = even_distance(model.config.grid_size, model.config.patch_size)
    return {"distance": serialize.pack(mean_distances, "f32"), "digits": count, "even": round(even, 4)}


def sample_distances(model: VisionTransformer) -> tuple[Tensor, int]:
    """Return the mean attention distance (L, h) in pixels over sample digits, and the number of digits."""
    config = model.config
    each = config.depth * config.num_heads * config.num_tokens**2
    images = torch.from_numpy(samples()[0][: max(1, MAX_WEIGHTS // each)] / 255).float()[:, None]  # (n, 1, H, W)
    parts = images.split(max(1, WEIGHTS_AT_ONCE // each))
    total = sum(head_distances(model.trace(part), config.patch_size) * len(part) for part in parts)
    return torch.as_tensor(total) / len(images), len(images)
