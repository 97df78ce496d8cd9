"""Augmentation does to a digit what its config says and no more, checked against scikit-image's own warp."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from skimage.transform import AffineTransform, ProjectiveTransform, warp
from torch import Tensor

from train.augment import augment, random_affine
from train.config import TrainConfig

SIDE = 28
RANGES: dict[str, Any] = {"rotation": 20.0, "scale": 0.2, "shear": 0.3, "shift": 3.0}
ALL = TrainConfig(**RANGES)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def images(mnist_test) -> Tensor:
    """Forty digits (B, 1, 28, 28) in [0, 1]."""
    return mnist_test.images[:40, None].float() / 255


def drawn(name: str, theta: Tensor) -> Tensor:
    """Read off each map how much of the one change `name` it makes: degrees, shares, or pixels (count, 2)."""
    if name == "rotation":
        return torch.atan2(theta[:, 1, 0], theta[:, 0, 0]).rad2deg()
    if name == "scale":
        return 1 / theta[:, 0, 0] - 1
    return theta[:, 0, 1] if name == "shear" else theta[:, :, 2] * SIDE / 2


def centred(matrix: ProjectiveTransform) -> ProjectiveTransform:
    """The same map about the middle of the image instead of its corner."""
    middle = (SIDE - 1) / 2
    there, back = AffineTransform(translation=(-middle, -middle)), AffineTransform(translation=(middle, middle))
    return there + matrix + back


def expected_map(name: str, amount: Any) -> ProjectiveTransform:
    """The map from output to input that scikit-image makes of one change."""
    if name == "rotation":
        return centred(AffineTransform(rotation=math.radians(amount)))
    if name == "scale":
        return centred(AffineTransform(scale=1 + amount).inverse)
    if name == "shear":
        return centred(AffineTransform(matrix=np.array([[1, amount, 0], [0, 1, 0], [0, 0, 1]])))
    return AffineTransform(translation=amount)


def warped(image: Tensor, inverse: ProjectiveTransform) -> np.ndarray:
    """Bilinear, black outside. The border of zeros is there because scikit-image fades the outermost pixels else."""
    padded = np.pad(image.numpy().astype(np.float64), SIDE)
    there, back = (AffineTransform(translation=(move, move)) for move in (-SIDE, SIDE))
    return warp(padded, there + inverse + back, order=1, mode="constant", cval=0)[SIDE:-SIDE, SIDE:-SIDE]


@pytest.mark.parametrize("name", RANGES)
def test_one_change_equals_scikit_images_warp(name, images):
    config = TrainConfig(**{name: RANGES[name]})
    amounts = drawn(name, random_affine(len(images), SIDE, config, seeded()))
    found = augment(images, config, seeded())
    for image, result, amount in zip(images, found, amounts.tolist(), strict=True):
        expected = warped(image[0], expected_map(name, amount))
        np.testing.assert_allclose(result[0].numpy(), expected, atol=1e-4)
    assert (found - images).abs().amax(dim=(1, 2, 3)).min() > 1e-3  # every image was changed


def test_all_changes_together_equal_scikit_images_warp(images):
    """The 2x3 map is in half image sides about the middle; scikit-image's is in pixels about the first pixel."""
    found = augment(images, ALL, seeded(3))
    for image, result, theta in zip(images, found, random_affine(len(images), SIDE, ALL, seeded(3)), strict=True):
        matrix = np.eye(3)
        matrix[:2] = theta.numpy()
        matrix[:2, 2] *= SIDE / 2
        np.testing.assert_allclose(result[0].numpy(), warped(image[0], centred(AffineTransform(matrix))), atol=1e-4)


@pytest.mark.parametrize("name", RANGES)
def test_amounts_fill_their_range_evenly_and_stay_inside(name):
    most = RANGES[name]
    config = TrainConfig(**{name: most})
    amounts = drawn(name, random_affine(20_000, SIDE, config, seeded())) / most
    assert amounts.abs().max() <= 1 + 1e-4
    np.testing.assert_allclose(np.quantile(amounts, [0, 0.25, 0.5, 0.75, 1]), [-1, -0.5, 0, 0.5, 1], atol=0.03)


def test_all_changes_together_are_each_in_its_range_and_independent():
    """A slant, then a turn, then a size: taken apart again from the maps of all together, they are uncorrelated."""
    theta = random_affine(20_000, SIDE, ALL, seeded()).double()
    turn = torch.atan2(theta[:, 1, 0], theta[:, 0, 0])
    size = 1 / theta[:, :, 0].norm(dim=1)
    slant = (theta[:, :, 0] * theta[:, :, 1]).sum(dim=1) * size**2
    slanted = torch.stack([torch.ones_like(slant), slant, torch.zeros_like(slant), torch.ones_like(slant)], dim=1)
    turned = torch.stack([turn.cos(), -turn.sin(), turn.sin(), turn.cos()], dim=1).reshape(-1, 2, 2)
    torch.testing.assert_close(theta[:, :, :2], turned @ slanted.reshape(-1, 2, 2) / size[:, None, None])
    correlation = np.corrcoef(torch.stack([turn, size, slant, theta[:, 0, 2], theta[:, 1, 2]]).numpy())
    np.testing.assert_allclose(correlation, np.eye(5), atol=0.03)
    assert turn.abs().max() <= math.radians(RANGES["rotation"]) + 1e-5
    assert (size - 1).abs().max() <= RANGES["scale"] + 1e-5
    assert slant.abs().max() <= RANGES["shear"] + 1e-5


def test_a_move_is_measured_in_pixels():
    """Independent of any warp: the centre of a blob moves by the pixels drawn, the other way round."""
    config, blob = TrainConfig(shift=3.0), torch.zeros(30, 1, SIDE, SIDE)
    blob[:, :, 10:17, 8:20] = 1
    moves = drawn("shift", random_affine(30, SIDE, config, seeded()))
    found = augment(blob, config, seeded())[:, 0]
    places = torch.arange(float(SIDE))
    centres = torch.stack([found.sum(dim=1) @ places, found.sum(dim=2) @ places], dim=1) / (7 * 12)
    np.testing.assert_allclose(centres, np.array([13.5, 13.0]) - moves.numpy(), atol=1e-3)


def test_zero_ranges_give_the_identity(images):
    torch.testing.assert_close(augment(images, TrainConfig(), seeded()), images, atol=1e-5, rtol=0)


def test_the_generator_alone_decides(images):
    first = augment(images, ALL, seeded(1))
    torch.manual_seed(99)
    assert torch.equal(first, augment(images, ALL, seeded(1)))
    assert not torch.equal(first, augment(images, ALL, seeded(2)))
    generator = seeded(1)
    assert torch.equal(first, augment(images, ALL, generator))
    assert not torch.equal(first, augment(images, ALL, generator))  # the generator has gone on


def test_each_image_gets_an_amount_of_its_own(images):
    same = images[:1].expand(8, -1, -1, -1)
    found = augment(same, ALL, seeded())
    assert all(not torch.equal(found[0], other) for other in found[1:])


@pytest.mark.parametrize("shape", [(1, 1, 28, 28), (5, 1, 28, 28), (3, 2, 14, 14)])
def test_shape_and_range_are_kept(shape):
    batch = torch.rand(shape, generator=seeded())
    before = batch.clone()
    found = augment(batch, ALL, seeded())
    assert found.shape == shape
    assert found.dtype == torch.float32
    assert found.min() >= 0 and found.max() <= 1
    assert torch.equal(batch, before)


def test_what_comes_from_outside_is_background():
    """A white image keeps what a rectangle of 28 x 28 has in common with itself moved."""
    config = TrainConfig(shift=14.0)
    moves = drawn("shift", random_affine(50, SIDE, config, seeded()))
    found = augment(torch.ones(50, 1, SIDE, SIDE), config, seeded())
    np.testing.assert_allclose(found.sum(dim=(1, 2, 3)), (SIDE - moves.abs()).prod(dim=1), rtol=1e-3)
