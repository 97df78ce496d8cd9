"""Small games whose answers are known, and small models that are quick to ask."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import torch
from torch import Tensor

from vit import VisionTransformer, ViTConfig

CONFIGS = {
    "pre": ViTConfig(embed_dim=24, depth=3, num_heads=3, mlp_dim=40),
    "post": ViTConfig(embed_dim=24, depth=2, num_heads=2, mlp_dim=40, norm="post", act="relu"),
    "2x2": ViTConfig(patch_size=14, embed_dim=24, depth=2, num_heads=2, mlp_dim=40),
}


def lively(name: str = "pre", seed: int = 0) -> VisionTransformer:
    """A model in double precision whose every weight matters."""
    torch.manual_seed(seed)
    model = VisionTransformer(CONFIGS[name]).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    return model


def picture(seed: int = 1) -> Tensor:
    """An image (1, 28, 28) with ink in every patch."""
    return torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def drawing(patches: tuple[int, ...], patch_size: int = 7, seed: int = 1) -> Tensor:
    """An image (1, 28, 28) with ink in these patches alone."""
    image, grid = picture(seed), 28 // patch_size
    inked = torch.zeros(grid * grid, dtype=torch.float64)
    inked[list(patches)] = 1
    return image * inked.view(grid, grid).repeat_interleave(patch_size, 0).repeat_interleave(patch_size, 1)


def as_table(game: Callable[[frozenset[int]], float], n: int) -> Tensor:
    """Every subset's value, (2**n,), asked one by one."""
    members = [frozenset(i for i in range(n) if subset & 2**i) for subset in range(2**n)]
    return torch.tensor([game(some) for some in members], dtype=torch.float64)


def random_table(n: int, seed: int = 0) -> Tensor:
    """A game without any structure."""
    return torch.randn(2**n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def chains(table: Tensor, n: int) -> list[tuple[tuple[int, ...], list[float]]]:
    """Every order of n players, and v from nobody to all as they join in it."""
    found = []
    for order in permutations(range(n)):
        joined, values = 0, [float(table[0])]
        for player in order:
            joined += 2**player
            values.append(float(table[joined]))
        found.append((order, values))
    return found
