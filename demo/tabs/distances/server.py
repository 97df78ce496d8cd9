"""The mean attention distance of a model's heads on sample digits."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from demo import serialize
from demo.requests import Payload, Reader, errors_as_answers, samples
from vit import VisionTransformer
from vit.analysis.attention_distance import even_distance, head_distances

CACHED_MODELS = 8
MAX_WEIGHTS = 120_000_000  # attention weights that are averaged: 300 digits for 50 tokens, fewer for a finer grid
WEIGHTS_AT_ONCE = 4_000_000  # in memory


class Distances:
    """Server function of the tab; it depends on the model, not on the drawing."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def distances(self, payload: Payload) -> Payload:
        """Return the mean attention distance of each head, or `error` with one sentence."""
        return distances(self.reader.model(payload))


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
