"""Value functions with known Shapley values, and small models that run fast."""

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
    """Build a small random model in double precision in which every weight has an effect."""
    torch.manual_seed(seed)
    model = VisionTransformer(CONFIGS[name]).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    return model


def picture(seed: int = 1) -> Tensor:
    """Return an image (1, 28, 28) with ink in every patch."""
    return torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def drawing(patches: tuple[int, ...], patch_size: int = 7, seed: int = 1) -> Tensor:
    """Return an image (1, 28, 28) with ink only in the given patches."""
    image, grid = picture(seed), 28 // patch_size
    inked = torch.zeros(grid * grid, dtype=torch.float64)
    inked[list(patches)] = 1
    return image * inked.view(grid, grid).repeat_interleave(patch_size, 0).repeat_interleave(patch_size, 1)


def as_table(value: Callable[[frozenset[int]], float], n: int) -> Tensor:
    """Return the value of every subset, (2**n,), by calling the function once per subset."""
    members = [frozenset(i for i in range(n) if subset & 2**i) for subset in range(2**n)]
    return torch.tensor([value(some) for some in members], dtype=torch.float64)


def random_table(n: int, seed: int = 0) -> Tensor:
    """Return random values for all subsets of n patches, (2**n,)."""
    return torch.randn(2**n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def chains(table: Tensor, n: int) -> list[tuple[tuple[int, ...], list[float]]]:
    """Return every order of n patches, with the values from none to all as the patches are added in that order."""
    orders = []
    for order in permutations(range(n)):
        present, values = 0, [float(table[0])]
        for patch in order:
            present += 2**patch
            values.append(float(table[present]))
        orders.append((order, values))
    return orders
