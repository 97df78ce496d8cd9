"""Changes of digits that show what a network knows by its form: moved, stretched, turned, patches shuffled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from train.data.dataset import Digits, batches
from train.evaluation.robustness import resample, rotate, shift_apart
from train.families.network import Classifier

PATCH = 7  # pixels along one side of a patch that is shuffled: the patches of the ViT in a race
STRETCH = 1.3  # times as wide, or as high: a digit of 20 pixels becomes 26 and still fits
TURN = 20.0  # degrees
SEED = 30_000  # of the orders of patches and pixels
READ_AT_ONCE = 250  # images


def stretch(images: Tensor, factor: float) -> Tensor:
    """Stretch images (B, 1, H, W) around their middle, in turns to `factor` times their width and their height."""
    maps = torch.eye(2).repeat(len(images), 1, 1)  # (B, 2, 2)
    maps[0::2, 0, 0] = 1 / factor
    maps[1::2, 1, 1] = 1 / factor
    return resample(images, maps, torch.zeros(len(images), dtype=torch.bool))


def turn(images: Tensor, degrees: float) -> Tensor:
    """Turn images (B, 1, H, W) around their middle, in turns clockwise and the other way."""
    signs = torch.ones(len(images))
    signs[1::2] = -1
    return rotate(images, degrees * signs)


def move(images: Tensor, pixels: float) -> Tensor:
    """Move images (B, 1, H, W) by whole pixels, in turns to one of four sides."""
    return shift_apart(images, torch.full((len(images),), pixels))


def shuffle_patches(images: Tensor, orders: Tensor, side: int = PATCH) -> Tensor:
    """Give the patches of images (B, 1, H, W) new places.

    Args:
        orders: (B, G*G), or (G*G,) for one order of all images: the patch that comes to each place, row by row.
        side: pixels along one side of a patch; 1 shuffles pixels.
    """
    B, C, H, W = images.shape
    cut = images.reshape(B, C, H // side, side, W // side, side).permute(0, 2, 4, 1, 3, 5)  # (B, G, G, C, P, P)
    patches = cut.reshape(B, -1, C * side * side)  # (B, G*G, C*P*P)
    moved = patches.gather(1, orders.expand(B, -1)[..., None].expand_as(patches))
    moved = moved.reshape(cut.shape).permute(0, 3, 1, 4, 2, 5)  # (B, C, G, P, G, P)
    return moved.reshape(B, C, H, W)


def shuffle_each(images: Tensor, side: int = PATCH) -> Tensor:
    """Shuffle the patches of each image in its own order, always the same one."""
    generator = torch.Generator().manual_seed(SEED)
    return shuffle_patches(images, torch.rand(len(images), (28 // side) ** 2, generator=generator).argsort(dim=1), side)


def shuffle_all(digits: Digits, side: int) -> Digits:
    """Shuffle the patches of all digits in one order, always the same one; a side of 1 shuffles pixels."""
    order = torch.randperm((28 // side) ** 2, generator=torch.Generator().manual_seed(SEED))
    return Digits(shuffle_patches(digits.images[:, None], order, side)[:, 0], digits.labels)


CHANGES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "clean": lambda images: images,
    "moved by 2 pixels": partial(move, pixels=2),
    "moved by 3 pixels": partial(move, pixels=3),
    "stretched": partial(stretch, factor=STRETCH),
    "turned": partial(turn, degrees=TURN),
    "patches shuffled": shuffle_each,
}


@torch.inference_mode()
def accuracies(model: Classifier, digits: Digits) -> dict[str, float]:
    """Accuracy in [0, 1] of a model in evaluation mode on digits, after each of CHANGES."""
    images, labels = next(batches(digits, len(digits)))
    found = {}
    for name, change in CHANGES.items():
        logits = torch.cat([model(part) for part in change(images).split(READ_AT_ONCE)])
        found[name] = (logits.argmax(dim=1) == labels).sum().item() / len(digits)
    return found
