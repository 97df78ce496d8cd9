"""Mean attention distance of the heads, in pixels (Dosovitskiy et al. 2021, figure 7)."""

from __future__ import annotations

import torch
from torch import Tensor

from vit.trace import Trace, to_grid


def between_patches(grid_size: int, patch_size: int) -> Tensor:
    """Return how far the centres of all patches lie from one another, (G*G, G*G), in pixels; 0 from itself."""
    steps = torch.arange(grid_size, dtype=torch.get_default_dtype()) * patch_size
    centres = torch.cartesian_prod(steps, steps).view(-1, 2)  # (G*G, 2), row by row
    return torch.linalg.vector_norm(centres[:, None] - centres, dim=-1)


def mean_distance(attention: Tensor, patch_size: int) -> Tensor:
    """Mean attention distance in pixels, (...), from attention (..., N, N).

    The distance from a patch to every patch, itself included, is weighted by its attention to it, and the mean is
    taken over the patches (Dosovitskiy et al. 2021, figure 7 right and appendix D.7). The cls token lies nowhere: as a
    query it is left out, and what a patch gives to it is taken away, the rest of its row scaled up to 1. A patch that
    gives all to cls counts with 0.

    Raises:
        ValueError: N - 1 is not a square number.
    """
    G = to_grid(attention).shape[-1]
    patches = attention[..., 1:, 1:]  # (..., G*G, G*G)
    shares = patches / patches.sum(dim=-1, keepdim=True).clamp_min(torch.finfo(patches.dtype).tiny)
    return (shares * between_patches(G, patch_size).to(patches)).sum(dim=-1).mean(dim=-1)


def head_distances(trace: Trace, patch_size: int) -> Tensor:
    """Return the mean attention distance (L, h) of each head over all images of a trace, in pixels."""
    return mean_distance(trace.attention, patch_size).mean(dim=1)


def even_distance(grid_size: int, patch_size: int) -> float:
    """Return the mean attention distance, in pixels, of a head that looks at all patches alike."""
    return between_patches(grid_size, patch_size).mean().item()
