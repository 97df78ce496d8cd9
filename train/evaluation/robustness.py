"""Accuracy on changed digits: rotated, shifted, resized, with noise, and written with another pen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from train.augment import thicken
from train.data.dataset import Digits
from train.evaluation.predictions import Report, predict_logits
from vit.config import check_whole
from vit.model import VisionTransformer

NUM_DIGITS = 500  # test digits; the 95 % interval of an accuracy of 90 % is then 2.7 points to each side
SEED = 20_000  # of the sample of digits and of the noise
MAX_SHIFT = 7  # pixels along both axes; most ink of an MNIST digit stays in the image


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Rotate images (B, C, H, W) clockwise by angles (B,) in degrees around their middle, with empty background."""
    angle = torch.deg2rad(degrees)
    cos, sin = angle.cos(), angle.sin()
    return resample(images, torch.stack([cos, sin, -sin, cos], dim=-1).reshape(-1, 2, 2), degrees == 0)


def resize(images: Tensor, factors: Tensor) -> Tensor:
    """Scale images (B, C, H, W) by factors (B,) around their middle, with empty background."""
    return resample(images, torch.eye(2) / factors[:, None, None], factors == 1)


def resample(images: Tensor, maps: Tensor, untouched: Tensor) -> Tensor:
    """Resample images (B, C, H, W) with maps (B, 2, 2) from output to input, except those in the mask `untouched`."""
    theta = torch.cat([maps, torch.zeros(len(maps), 2, 1)], dim=-1)  # (B, 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)  # (B, H, W, 2)
    changed = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return torch.where(untouched[:, None, None, None], images, changed)


def shift(images: Tensor, right: int, down: int) -> Tensor:
    """Shift images (B, C, H, W) by whole pixels, with empty background."""
    return F.pad(images, (right, -right, down, -down))


def shift_apart(images: Tensor, pixels: Tensor) -> Tensor:
    """Shift images (B, C, H, W) by pixels (B,): the first to the right, the next down, left, up and so on."""
    shifted = torch.empty_like(images)
    for index, count in enumerate(pixels.int().tolist()):
        right, down = ((1, 0), (0, 1), (-1, 0), (0, -1))[index % 4]
        shifted[index] = shift(images[index : index + 1], count * right, count * down)[0]
    return shifted


def add_noise(images: Tensor, amounts: Tensor) -> Tensor:
    """Add Gaussian noise of standard deviations (B,) to images (B, C, H, W); only its size differs between calls."""
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(SEED))
    return (images + amounts[:, None, None, None] * noise).clamp(0, 1)


def change_thickness(images: Tensor, pixels: Tensor) -> Tensor:
    """Move the edges of strokes outwards by pixels (B,) in [-2, 2], inwards if negative; see `thicken`."""
    once = thicken(images, pixels.clamp(-1, 1))
    return thicken(once, pixels - pixels.clamp(-1, 1))


@dataclass(frozen=True)
class Change:
    """A change of digits.

    Attributes:
        title: name for people.
        unit: unit of the amounts.
        amounts: where the accuracy is measured, in rising order.
        unchanged: the one of the amounts that leaves a digit as it is.
        apply: images (B, C, H, W) in [0, 1] and amounts (B,) -> images.
    """

    title: str
    unit: str
    amounts: tuple[float, ...]
    unchanged: float
    apply: Callable[[Tensor, Tensor], Tensor]


CHANGES: Mapping[str, Change] = {
    "rotation": Change("Turned", "degrees, clockwise", tuple(range(-90, 91, 15)), 0, rotate),
    "shift": Change("Moved", "pixels, to one of four sides", tuple(range(9)), 0, shift_apart),
    "scale": Change("Resized", "times as large", tuple(step / 10 for step in range(3, 16)), 1, resize),
    "noise": Change("Noise", "of full ink, standard deviation", tuple(step / 10 for step in range(9)), 0, add_noise),
    "thickness": Change(
        "Pen", "pixels, at each edge of a stroke", tuple(step / 2 for step in range(-2, 5)), 0, change_thickness
    ),
}


def sample_digits(digits: Digits, count: int | None = NUM_DIGITS) -> Digits:
    """Sample `count` digits, always the same ones, in their order; all digits for None or if there are not more.

    Raises:
        ValueError: the count is not positive.
    """
    if count is not None:
        check_whole("digits", count, 1)
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(SEED))
    return digits.subset(order[:count].sort().values)


def accuracy_curves(model: VisionTransformer, digits: Digits, report: Report | None = None) -> dict[str, list[float]]:
    """Accuracy in [0, 1] at each amount of each of CHANGES.

    Raises:
        ValueError: there are no digits.
    """
    if not len(digits):
        raise ValueError("digits must hold at least one image to change, got none")
    images = digits.images[:, None] / 255
    of, done = len(digits) * sum(len(change.amounts) for change in CHANGES.values()), 0

    def report_part(part: int, _of: int) -> None:
        if report:
            report(done + part, of)

    def accuracy(change: Change, amount: float) -> float:
        nonlocal done
        changed = change.apply(images, torch.full((len(images),), float(amount)))
        right = predict_logits(model, changed, report_part).argmax(dim=-1) == digits.labels
        done += len(digits)
        return right.sum().item() / len(digits)

    return {name: [accuracy(change, amount) for amount in change.amounts] for name, change in CHANGES.items()}


@dataclass(frozen=True, eq=False)
class Variations:
    """One drawing, shifted, rotated and written with other pens.

    Attributes:
        shifts: S shifts in pixels, used along both axes.
        angles: A clockwise rotations in degrees.
        pens: P changes of the stroke width, in pixels at each edge.
        images: (S * S + A + P, 1, H, W): shifted (row by row, top left first), then rotated, then with other pens.
    """

    shifts: tuple[int, ...]
    angles: tuple[int, ...]
    pens: tuple[float, ...]
    images: Tensor

    @property
    def first_rotated(self) -> int:
        """Index of the first rotated image."""
        return len(self.shifts) ** 2


def make_variations(image: Tensor, fine: bool = True) -> Variations:
    """Make all `Variations` of a drawing (H, W) in [0, 1]: 274 images, or 68 in coarser steps."""
    shifts = tuple(range(-MAX_SHIFT, MAX_SHIFT + 1)) if fine else tuple(range(1 - MAX_SHIFT, MAX_SHIFT, 2))
    angles = tuple(range(-180, 180, 10 if fine else 30))
    pens = tuple(step / 4 for step in range(-4, 9, 1 if fine else 2))
    one = image[None, None]  # (1, 1, H, W)
    shifted = [shift(one, right, down) for down in shifts for right in shifts]
    rotated = rotate(one.expand(len(angles), -1, -1, -1), torch.tensor(angles, dtype=torch.float))
    rewritten = change_thickness(one.expand(len(pens), -1, -1, -1), torch.tensor(pens))
    return Variations(shifts, angles, pens, torch.cat([*shifted, rotated, rewritten]))
