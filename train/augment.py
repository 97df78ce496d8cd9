"""Batch augmentation: random affine maps, elastic bends, stroke thickness and missing patches."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from train.config import TrainConfig

BEND_POINTS = 5  # along each side: seven pixels apart, so that strokes bend and do not fray


def augment(images: Tensor, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Augment images (B, C, H, W) in [0, 1], each by its own random amounts; pixels from outside are 0."""
    if config.thickness:
        images = thicken(images, config.thickness * random_amounts(len(images), config, generator).to(images.device))
    return warp(images, config, generator) if config.warps else images


def thicken(images: Tensor, amounts: Tensor) -> Tensor:
    """Thicken the strokes by `amounts` (B,) in [-1, 1] of a pixel on each side; negative ones thin them.

    A whole pixel is grey dilation or erosion with a 3x3 square; a part of a pixel blends it with the image.
    """
    wider = F.max_pool2d(images, 3, stride=1, padding=1)
    thinner = -F.max_pool2d(-images, 3, stride=1, padding=1)
    amounts = amounts[:, None, None, None]
    return torch.lerp(images, torch.where(amounts > 0, wider, thinner), amounts.abs())


def warp(images: Tensor, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Rotate, scale, stretch, shear, shift and bend each image by its own random amounts."""
    theta = random_affine(len(images), images.shape[-1], config, generator).to(images.device)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)  # (B, H, W, 2)
    if config.elastic:
        grid = grid + random_bend(len(images), images.shape[-1], config, generator).to(images.device)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def random_affine(count: int, side: int, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Draw affine maps (count, 2, 3) from output to input, in the units of `affine_grid` (half the image side)."""

    def amounts() -> Tensor:
        return random_amounts(count, config, generator)

    angle = math.radians(config.rotation) * amounts()
    cos, sin = angle.cos(), angle.sin()
    slant = config.shear * amounts()
    size = 1 + config.scale * amounts()
    stretch = (1 + config.aspect) ** amounts()  # as much wider as higher
    wide, high = 1 / (size * stretch.sqrt()), stretch.sqrt() / size
    matrix = torch.stack([wide * cos, wide * (cos * slant - sin), high * sin, high * (sin * slant + cos)], dim=-1)
    shift = config.shift * 2 / side * torch.stack([amounts(), amounts()], dim=-1)
    return torch.cat([matrix.reshape(-1, 2, 2), shift[..., None]], dim=-1)  # (count, 2, 3)


def random_bend(count: int, side: int, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Draw smooth displacement fields (count, side, side, 2) in the units of `grid_sample`.

    These are the elastic distortions of Simard, Steinkraus and Platt 2003, section 2, but with a coarse random grid,
    interpolated, in place of blurred noise: equally smooth, at a tenth of the cost.
    """
    shape = (count, 2, BEND_POINTS, BEND_POINTS)
    pulls = config.elastic * 2 / side * (2 * torch.rand(shape, generator=generator) - 1)
    field = F.interpolate(pulls, size=(side, side), mode="bicubic", align_corners=True)  # (count, 2, side, side)
    return field.permute(0, 2, 3, 1)  # (count, side, side, 2)


def random_amounts(count: int, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Draw numbers (count,) in [-1, 1] from the distribution `config.amounts`.

    Few people write digits with extreme slants or widths. `triangular` makes those rare, so that the model does not
    spend its capacity on them.
    """
    numbers = torch.rand(count, generator=generator)
    if config.amounts == "triangular":
        return numbers - torch.rand(count, generator=generator)
    return 2 * numbers - 1


def drop_patches(count: int, num_patches: int, generator: torch.Generator) -> Tensor:
    """Draw the visible patches (count, V) of each of `count` images, in order, with one random V for all images.

    This is PatchDropout (Liu et al. 2022) with V uniform in 0 to `num_patches` - 1, so that the model learns to
    predict from any subset of patches.
    """
    visible = int(torch.randint(num_patches, (), generator=generator))
    return random_patches(count, num_patches, visible, generator)


def random_patches(count: int, num_patches: int, visible: int, generator: torch.Generator) -> Tensor:
    """Draw `visible` patches for each of `count` images (count, visible), in order, uniformly among all sets."""
    order = torch.rand(count, num_patches, generator=generator).argsort(dim=-1)
    return order[:, :visible].sort(dim=-1).values  # (count, visible)
