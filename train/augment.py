"""Batch augmentation: the small ways in which one hand differs from another, for a whole batch at once."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from train.config import TrainConfig


def augment(images: Tensor, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Turn, resize, slant and move each image (B, C, H, W) by its own random amount, background filled with 0."""
    theta = random_affine(len(images), images.shape[-1], config, generator).to(images.device)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)  # (B, H, W, 2)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def random_affine(count: int, side: int, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Draw `count` affine maps (count, 2, 3) from output to input, in `affine_grid`'s units (half the image side)."""

    def uniform(most: float) -> Tensor:
        return (2 * torch.rand(count, generator=generator) - 1) * most

    angle = uniform(math.radians(config.rotation))
    cos, sin, slant = angle.cos(), angle.sin(), uniform(config.shear)
    turn = torch.stack([cos, cos * slant - sin, sin, sin * slant + cos], dim=-1).reshape(-1, 2, 2)
    size = 1 + uniform(config.scale)
    move = torch.stack([uniform(config.shift), uniform(config.shift)], dim=-1) * 2 / side  # (count, 2)
    return torch.cat([turn / size[:, None, None], move[..., None]], dim=-1)  # (count, 2, 3)
