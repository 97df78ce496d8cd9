"""Where reading breaks: digits turned, moved, resized, covered with noise, and written with another pen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from train.augment import thicken
from train.data.dataset import Digits
from train.evaluation.predictions import Report, read
from vit.model import VisionTransformer

DIGITS = 500  # of the test digits, the same for every model: an accuracy of 90 % is then known to within 2.7 points
SEED = 20_000  # of the choice of them, and of the noise
REACH = 7  # pixels that a drawing is moved at most, along both axes: most of MNIST's ink then still is in the image


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Turn images (B, C, H, W) by angles (B,), clockwise, about their middle; what comes in is background."""
    angle = torch.deg2rad(degrees)
    cos, sin = angle.cos(), angle.sin()
    return resampled(images, torch.stack([cos, sin, -sin, cos], dim=-1).reshape(-1, 2, 2), degrees == 0)


def resize(images: Tensor, factors: Tensor) -> Tensor:
    """Make what images (B, C, H, W) show `factors` (B,) times as large, about their middle."""
    return resampled(images, torch.eye(2) / factors[:, None, None], factors == 1)


def resampled(images: Tensor, maps: Tensor, untouched: Tensor) -> Tensor:
    """Take each pixel from where `maps` (B, 2, 2) sends it; leave `untouched` (B,) images exactly as they are."""
    theta = torch.cat([maps, torch.zeros(len(maps), 2, 1)], dim=-1)  # (B, 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)  # (B, H, W, 2)
    changed = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return torch.where(untouched[:, None, None, None], images, changed)


def move(images: Tensor, right: int, down: int) -> Tensor:
    """Move images (B, C, H, W) by whole pixels; what leaves is gone, what comes in is background."""
    return F.pad(images, (right, -right, down, -down))


def move_apart(images: Tensor, pixels: Tensor) -> Tensor:
    """Move images (B, C, H, W) by as many pixels (B,), the first to the right, the next down, left, up and so on."""
    moved = torch.empty_like(images)
    for place, count in enumerate(pixels.int().tolist()):
        right, down = ((1, 0), (0, 1), (-1, 0), (0, -1))[place % 4]
        moved[place] = move(images[place : place + 1], count * right, count * down)[0]
    return moved


def add_noise(images: Tensor, amounts: Tensor) -> Tensor:
    """Add noise of a standard deviation (B,) to the ink of images (B, C, H, W); always the same noise, more or less."""
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(SEED))
    return (images + amounts[:, None, None, None] * noise).clamp(0, 1)


def repen(images: Tensor, pixels: Tensor) -> Tensor:
    """Move the edges of strokes outwards by (B,) pixels, in [-2, 2], inwards where negative; see `thicken`."""
    once = thicken(images, pixels.clamp(-1, 1))
    return thicken(once, pixels - pixels.clamp(-1, 1))


@dataclass(frozen=True)
class Change:
    """A way in which digits can be other than those learned from.

    Attributes:
        title: what was done to the digits, for people.
        unit: of the amounts.
        amounts: at which the accuracy is measured, rising.
        nothing: the amount that leaves a digit as it is; one of them.
        apply: images (B, C, H, W) in [0, 1] and amounts (B,) -> images.
    """

    title: str
    unit: str
    amounts: tuple[float, ...]
    nothing: float
    apply: Callable[[Tensor, Tensor], Tensor]


CHANGES: Mapping[str, Change] = {
    "rotation": Change("Turned", "degrees, clockwise", tuple(range(-90, 91, 15)), 0, rotate),
    "shift": Change("Moved", "pixels, to one of four sides", tuple(range(9)), 0, move_apart),
    "scale": Change("Resized", "times as large", tuple(step / 10 for step in range(3, 16)), 1, resize),
    "noise": Change("Noise", "of full ink, standard deviation", tuple(step / 10 for step in range(9)), 0, add_noise),
    "thickness": Change("Pen", "pixels, at each edge of a stroke", tuple(step / 2 for step in range(-2, 5)), 0, repen),
}


def some(digits: Digits, count: int = DIGITS) -> Digits:
    """Return `count` of the digits, chosen at random but always the same; all of them where there are no more."""
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(SEED))
    return digits.subset(order[:count].sort().values)


def curves(model: VisionTransformer, digits: Digits, report: Report | None = None) -> dict[str, list[float]]:
    """Return for each of CHANGES the accuracy, in [0, 1], at each of its amounts.

    Raises:
        ValueError: there are no digits.
    """
    if not len(digits):
        raise ValueError("digits must hold at least one image to change, got none")
    images = digits.images[:, None] / 255
    of, done = len(digits) * sum(len(change.amounts) for change in CHANGES.values()), 0

    def tell(part: int, _of: int) -> None:
        if report:
            report(done + part, of)

    def accuracy(change: Change, amount: float) -> float:
        nonlocal done
        changed = change.apply(images, torch.full((len(images),), float(amount)))
        right = read(model, changed, tell).argmax(dim=-1) == digits.labels
        done += len(digits)
        return right.sum().item() / len(digits)

    return {name: [accuracy(change, amount) for amount in change.amounts] for name, change in CHANGES.items()}


@dataclass(frozen=True, eq=False)
class Around:
    """One drawing, moved, turned and written with other pens.

    Attributes:
        shifts: pixels that it is moved, S of them along each axis.
        angles: degrees that it is turned, clockwise, A of them.
        pens: pixels that the edges of its strokes are moved outwards, P of them.
        images: (S * S + A + P, 1, H, W): moved (row by row: up to down, in each left to right), turned, rewritten.
    """

    shifts: tuple[int, ...]
    angles: tuple[int, ...]
    pens: tuple[float, ...]
    images: Tensor

    @property
    def turned(self) -> int:
        """The place of the first image that is turned, if by nothing."""
        return len(self.shifts) ** 2


def around(image: Tensor, fine: bool = True) -> Around:
    """Change a drawing (H, W) in [0, 1] in all the ways of `Around`: 274 images, or 68 in coarser steps."""
    shifts = tuple(range(-REACH, REACH + 1)) if fine else tuple(range(1 - REACH, REACH, 2))
    angles, pens = (
        tuple(range(-180, 180, 10 if fine else 30)),
        tuple(step / 4 for step in range(-4, 9, 1 if fine else 2)),
    )
    one = image[None, None]  # (1, 1, H, W)
    moved = [move(one, right, down) for down in shifts for right in shifts]
    turned = rotate(one.expand(len(angles), -1, -1, -1), torch.tensor(angles, dtype=torch.float))
    rewritten = repen(one.expand(len(pens), -1, -1, -1), torch.tensor(pens))
    return Around(shifts, angles, pens, torch.cat([*moved, turned, rewritten]))
