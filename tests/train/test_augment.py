"""Compare augmentation with scikit-image's warp, and test that it changes a digit within the ranges of its config."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from scipy.stats import triang, uniform
from skimage.morphology import dilation, erosion, footprint_rectangle
from skimage.transform import AffineTransform, ProjectiveTransform, warp
from torch import Tensor

from train.augment import augment, drop_patches, random_affine, random_bend, thicken
from train.config import TrainConfig

SIDE = 28
RANGES: dict[str, Any] = {"rotation": 20.0, "scale": 0.2, "shear": 0.3, "shift": 3.0, "aspect": 0.3}
ALL = TrainConfig(**RANGES)
# Amounts are uniform in their range, or triangular with the peak at 0.
SHARES = (0.01, 0.25, 0.5, 0.75, 0.99)
QUANTILES: dict[Any, Any] = {"uniform": uniform(-1, 2).ppf(SHARES), "triangular": triang(0.5, -1, 2).ppf(SHARES)}
EVERYTHING = TrainConfig(**RANGES, elastic=2.0, thickness=0.8)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def images(mnist_test) -> Tensor:
    """Return forty digits (B, 1, 28, 28) in [0, 1]."""
    return mnist_test.images[:40, None].float() / 255


def drawn(name: str, theta: Tensor) -> Tensor:
    """Read from each map by how much it makes the one change `name`: degrees, shares, or pixels (count, 2)."""
    if name == "rotation":
        return torch.atan2(theta[:, 1, 0], theta[:, 0, 0]).rad2deg()
    if name == "scale":
        return 1 / theta[:, 0, 0] - 1
    if name == "aspect":
        return theta[:, 1, 1] / theta[:, 0, 0] - 1
    return theta[:, 0, 1] if name == "shear" else theta[:, :, 2] * SIDE / 2


def shares(name: str, amounts: Tensor) -> Tensor:
    """Return amounts as shares of the largest; a digit is made as many times wider as higher."""
    return amounts.log1p() / math.log1p(RANGES[name]) if name == "aspect" else amounts / RANGES[name]


def centred(matrix: ProjectiveTransform) -> ProjectiveTransform:
    """Return the same map about the middle of the image instead of its corner."""
    middle = (SIDE - 1) / 2
    there, back = AffineTransform(translation=(-middle, -middle)), AffineTransform(translation=(middle, middle))
    return there + matrix + back


def expected_map(name: str, amount: Any) -> ProjectiveTransform:
    """Return scikit-image's map from output to input for one change."""
    if name == "rotation":
        return centred(AffineTransform(rotation=math.radians(amount)))
    if name == "scale":
        return centred(AffineTransform(scale=1 + amount).inverse)
    if name == "shear":
        return centred(AffineTransform(matrix=np.array([[1, amount, 0], [0, 1, 0], [0, 0, 1]])))
    if name == "aspect":
        return centred(AffineTransform(scale=(math.sqrt(1 + amount), 1 / math.sqrt(1 + amount))).inverse)
    return AffineTransform(translation=amount)


def warped(image: Tensor, inverse: ProjectiveTransform) -> np.ndarray:
    """Warp an image bilinearly, black outside.

    A border of zeros is added, since scikit-image would fade the outermost pixels without it.
    """
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
    """Our 2x3 map is in half image sides about the middle; scikit-image's is in pixels about the first pixel."""
    found = augment(images, ALL, seeded(3))
    for image, result, theta in zip(images, found, random_affine(len(images), SIDE, ALL, seeded(3)), strict=True):
        matrix = np.eye(3)
        matrix[:2] = theta.numpy()
        matrix[:2, 2] *= SIDE / 2
        np.testing.assert_allclose(result[0].numpy(), warped(image[0], centred(AffineTransform(matrix))), atol=1e-4)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("amounts", QUANTILES)
def test_amounts_have_the_distribution_of_the_config(name, amounts):
    config = TrainConfig(**{name: RANGES[name]}, amounts=amounts)
    found = shares(name, drawn(name, random_affine(20_000, SIDE, config, seeded())))
    assert found.abs().max() <= 1 + 1e-4
    np.testing.assert_allclose(np.quantile(found, SHARES), QUANTILES[amounts], atol=0.03)


def decomposed(square: Tensor) -> dict[str, Tensor]:
    """Find the one shear, rotation, aspect and scale that together make each map's (2, 2) part.

    The map is diag(w, h) R(turn) H(slant). Subtracting slant times the first column from the second must leave (-w sin,
    h cos) beside (w cos, h sin): a quadratic equation with one small root.
    """
    (a, p), (b, q) = square.unbind(dim=1)[0].unbind(dim=1), square.unbind(dim=1)[1].unbind(dim=1)
    linear, constant = p * b + q * a, p * q + a * b
    slant = 2 * constant / (linear + (linear**2 - 4 * a * b * constant).sqrt())
    turn = torch.atan2(b, q - slant * b)
    wide, high = a / turn.cos(), (q - slant * b) / turn.cos()
    return {"rotation": turn.rad2deg(), "shear": slant, "scale": (wide * high) ** -0.5 - 1, "aspect": high / wide - 1}


def test_digits_are_stretched_as_far_either_way():
    stretch = drawn("aspect", random_affine(20_000, SIDE, TrainConfig(aspect=0.6), seeded())) + 1
    assert stretch.max().item() == pytest.approx(1.6, abs=0.01)
    assert stretch.min().item() == pytest.approx(1 / 1.6, abs=0.01)
    assert stretch.median().item() == pytest.approx(1, abs=0.02)


def test_all_changes_together_are_each_in_its_range_and_independent():
    theta = random_affine(20_000, SIDE, ALL, seeded()).double()
    found = decomposed(theta[:, :, :2])
    for name, amounts in found.items():
        np.testing.assert_allclose(np.quantile(shares(name, amounts), SHARES), QUANTILES["uniform"], atol=0.03)
    correlation = np.corrcoef(torch.stack([*found.values(), theta[:, 0, 2], theta[:, 1, 2]]).numpy())
    np.testing.assert_allclose(correlation, np.eye(6), atol=0.04)


def test_a_shift_is_measured_in_pixels():
    """The centre of a blob moves by the drawn number of pixels, in the opposite direction; no warp is needed."""
    config, blob = TrainConfig(shift=3.0), torch.zeros(30, 1, SIDE, SIDE)
    blob[:, :, 10:17, 8:20] = 1
    moves = drawn("shift", random_affine(30, SIDE, config, seeded()))
    found = augment(blob, config, seeded())[:, 0]
    places = torch.arange(float(SIDE))
    centres = torch.stack([found.sum(dim=1) @ places, found.sum(dim=2) @ places], dim=1) / (7 * 12)
    np.testing.assert_allclose(centres, np.array([13.5, 13.0]) - moves.numpy(), atol=1e-3)


def test_zero_ranges_give_the_identity(images):
    torch.testing.assert_close(augment(images, TrainConfig(), seeded()), images, atol=1e-5, rtol=0)


def test_only_the_generator_decides(images):
    first = augment(images, EVERYTHING, seeded(1))
    torch.manual_seed(99)
    assert torch.equal(first, augment(images, EVERYTHING, seeded(1)))
    assert not torch.equal(first, augment(images, EVERYTHING, seeded(2)))
    generator = seeded(1)
    assert torch.equal(first, augment(images, EVERYTHING, generator))
    assert not torch.equal(first, augment(images, EVERYTHING, generator))  # the generator has advanced


def test_each_image_gets_its_own_amount(images):
    same = images[:1].expand(8, -1, -1, -1)
    found = augment(same, EVERYTHING, seeded())
    assert all(not torch.equal(found[0], other) for other in found[1:])


@pytest.mark.parametrize("shape", [(1, 1, 28, 28), (5, 1, 28, 28), (3, 2, 14, 14)])
def test_shape_and_range_are_kept(shape):
    batch = torch.rand(shape, generator=seeded())
    before = batch.clone()
    found = augment(batch, EVERYTHING, seeded())
    assert found.shape == shape
    assert found.dtype == torch.float32
    assert found.min() >= 0 and found.max() <= 1
    assert torch.equal(batch, before)


def test_pixels_from_outside_are_background():
    """A shifted white image keeps the overlap of a 28 x 28 square with its shifted copy."""
    config = TrainConfig(shift=14.0)
    moves = drawn("shift", random_affine(50, SIDE, config, seeded()))
    found = augment(torch.ones(50, 1, SIDE, SIDE), config, seeded())
    np.testing.assert_allclose(found.sum(dim=(1, 2, 3)), (SIDE - moves.abs()).prod(dim=1), rtol=1e-3)


# --- thickness


def test_a_whole_pixel_of_thickness_is_grey_dilation_and_erosion(images):
    square = footprint_rectangle((3, 3))
    for amount, expected in ((1.0, dilation), (-1.0, erosion)):
        found = thicken(images, torch.full((len(images),), amount))
        for image, result in zip(images, found, strict=True):
            np.testing.assert_array_equal(result[0].numpy(), expected(image[0].numpy(), square))


def test_each_image_is_thickened_by_its_own_part_of_a_pixel(images):
    amounts = torch.linspace(-1, 1, len(images))
    wider, thinner = thicken(images, torch.ones(len(images))), thicken(images, -torch.ones(len(images)))
    expected = images + amounts.clamp(min=0).view(-1, 1, 1, 1) * (wider - images)
    expected = expected + amounts.clamp(max=0).view(-1, 1, 1, 1) * (images - thinner)
    torch.testing.assert_close(thicken(images, amounts), expected)
    torch.testing.assert_close(thicken(images, torch.zeros(len(images))), images)


def test_thickness_alone_leaves_the_strokes_where_they_are(images):
    """Ink changes by at most half a pixel of thickness, and both ways."""
    found = augment(images, TrainConfig(thickness=0.5), seeded())
    half_wider, half_thinner = thicken(images, torch.full((40,), 0.5)), thicken(images, torch.full((40,), -0.5))
    assert (found <= half_wider + 1e-6).all() and (found >= half_thinner - 1e-6).all()
    ink = found.sum(dim=(1, 2, 3)) - images.sum(dim=(1, 2, 3))
    assert (ink > 0).any() and (ink < 0).any()


# --- bending


def test_bending_moves_each_pixel_by_its_own_displacement(images):
    config, generator = TrainConfig(elastic=3.0), seeded()
    random_affine(len(images), SIDE, config, generator)  # has no effect here, but draws random numbers first
    field = random_bend(len(images), SIDE, config, generator).numpy() * SIDE / 2  # pixels, (x, y)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    found = augment(images, config, seeded())
    for image, result, (dx, dy) in zip(images, found, field.transpose(0, 3, 1, 2), strict=True):
        padded = np.pad(image[0].numpy(), SIDE)
        expected = map_coordinates(padded, [rows + dy + SIDE, columns + dx + SIDE], order=1)
        np.testing.assert_allclose(result[0].numpy(), expected, atol=1e-4)
    assert (found - images).abs().amax(dim=(1, 2, 3)).min() > 1e-2


def test_a_bend_is_smooth_and_as_strong_as_asked():
    """The cubic may overshoot a little between the points, seven pixels apart; neighbours differ little."""
    field = random_bend(2000, SIDE, TrainConfig(elastic=2.0), seeded()) * SIDE / 2
    corners = field[:, :: SIDE - 1, :: SIDE - 1]
    assert 1.99 < corners.abs().max() <= 2 + 1e-4
    np.testing.assert_allclose(corners.mean(dim=(0, 1, 2)), 0, atol=0.03)
    assert field.abs().max() < 2 * 1.7
    for axis in (1, 2):
        assert field.diff(dim=axis).abs().max() < 1.2


# --- missing patches


def test_visible_patches_are_a_random_subset_in_order():
    visible = drop_patches(500, 16, seeded(3))
    assert visible.shape[0] == 500 and visible.dtype == torch.int64
    assert (visible.diff(dim=1) > 0).all() and visible.min() >= 0 and visible.max() < 16
    share = torch.bincount(visible.flatten(), minlength=16) / 500
    np.testing.assert_allclose(share, visible.shape[1] / 16, atol=0.08)


def test_every_number_of_patches_below_all_is_equally_frequent():
    generator = seeded()
    counts = np.bincount([drop_patches(1, 9, generator).shape[1] for _ in range(4500)], minlength=9)
    assert len(counts) == 9
    np.testing.assert_allclose(counts / 4500, 1 / 9, atol=0.02)
