"""Batch augmentation: the ways in which one hand differs from another, for a whole batch at once."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from train.config import TrainConfig

BEND_POINTS = 5  # along each side: seven pixels apart, so that a bend moves a stroke and does not fray it


def augment(images: Tensor, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Return images (B, C, H, W) in [0, 1], each varied by its own random amounts; background comes in as 0."""
    if config.thickness:
        images = thicken(images, config.thickness * drawn(len(images), config, generator).to(images.device))
    return warp(images, config, generator) if config.warps else images


def thicken(images: Tensor, amounts: Tensor) -> Tensor:
    """Move the strokes' edges outwards by `amounts` (B,) in [-1, 1] of a pixel, inwards where negative.

    One whole pixel is grey dilation, or erosion, by a square of 3x3; a part of it is blended with the image.
    """
    wider = F.max_pool2d(images, 3, stride=1, padding=1)
    thinner = -F.max_pool2d(-images, 3, stride=1, padding=1)
    amounts = amounts[:, None, None, None]
    return torch.lerp(images, torch.where(amounts > 0, wider, thinner), amounts.abs())


def warp(images: Tensor, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Turn, resize, stretch, slant, move and bend each image by its own random amount."""
    theta = random_affine(len(images), images.shape[-1], config, generator).to(images.device)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)  # (B, H, W, 2)
    if config.elastic:
        grid = grid + random_bend(len(images), images.shape[-1], config, generator).to(images.device)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def random_affine(count: int, side: int, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Draw `count` affine maps (count, 2, 3) from output to input, in `affine_grid`'s units (half the image side)."""
    angle = math.radians(config.rotation) * drawn(count, config, generator)
    cos, sin = angle.cos(), angle.sin()
    slant = config.shear * drawn(count, config, generator)
    size = 1 + config.scale * drawn(count, config, generator)
    stretch = 1 + config.aspect * drawn(count, config, generator)
    wide, high = 1 / (size * stretch.sqrt()), stretch.sqrt() / size
    turn = torch.stack([wide * cos, wide * (cos * slant - sin), high * sin, high * (sin * slant + cos)], dim=-1)
    moves = torch.stack([drawn(count, config, generator), drawn(count, config, generator)], dim=-1)
    move = config.shift * 2 / side * moves
    return torch.cat([turn.reshape(-1, 2, 2), move[..., None]], dim=-1)  # (count, 2, 3)


def random_bend(count: int, side: int, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Draw `count` smooth fields of displacement (count, side, side, 2) in `grid_sample`'s units.

    After the elastic distortions of Simard, Steinkraus and Platt 2003, section 2, with a coarse grid of random
    pulls, interpolated, in place of their blurred noise: the same smoothness at a tenth of the cost.
    """
    shape = (count, 2, BEND_POINTS, BEND_POINTS)
    pulls = config.elastic * 2 / side * (2 * torch.rand(shape, generator=generator) - 1)
    field = F.interpolate(pulls, size=(side, side), mode="bicubic", align_corners=True)  # (count, 2, side, side)
    return field.permute(0, 2, 3, 1)  # (count, side, side, 2)


def drawn(count: int, config: TrainConfig, generator: torch.Generator) -> Tensor:
    """Draw `count` numbers in [-1, 1], evenly or mostly small ones, as `config.amounts` says.

    Few hands slant or stretch a digit as far as any do: a model that reads them all as often spends itself on them.
    """
    numbers = torch.rand(count, generator=generator)
    if config.amounts == "triangular":
        return numbers - torch.rand(count, generator=generator)
    return 2 * numbers - 1


def random_patches(count: int, num_patches: int, generator: torch.Generator) -> Tensor:
    """Draw for each of `count` images which patches stay (count, K), in order; K is drawn once, from 0 to all but one.

    PatchDropout (Liu et al. 2022), with every number of patches equally often, so that the model has an honest
    answer for any subset.
    """
    kept = int(torch.randint(num_patches, (), generator=generator))
    return some_patches(count, num_patches, kept, generator)


def some_patches(count: int, num_patches: int, kept: int, generator: torch.Generator) -> Tensor:
    """Draw for each of `count` images which `kept` of its patches stay (count, kept), in order, all sets alike."""
    order = torch.rand(count, num_patches, generator=generator).argsort(dim=-1)
    return order[:, :kept].sort(dim=-1).values  # (count, kept)
