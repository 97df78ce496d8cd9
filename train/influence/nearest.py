"""The training digits nearest to a drawing, by the input of the head or by pixels."""

from __future__ import annotations

import torch
from torch import Tensor

PIXELS_AT_ONCE = 8192  # images


def nearest(rows: Tensor, row: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Find the rows (n, D) with the least Euclidean distance to a row (D,).

    Returns:
        Their indices and their distances, (min(count, n),) each, the nearest first.
    """
    return smallest(torch.linalg.vector_norm(rows - row, dim=1), count)


def nearest_pixels(images: Tensor, image: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Find the images (n, H, W) uint8 with the least Euclidean distance to an image (H, W) in [0, 1], as `nearest`."""
    parts = [(part.float() / 255 - image).flatten(1).norm(dim=1) for part in images.split(PIXELS_AT_ONCE)]
    return smallest(torch.cat(parts), count)


def smallest(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return indices and values of the smallest of (n,) values, in their order; of equal ones the first."""
    order = values.argsort(stable=True)[:count]
    return order, values[order]
