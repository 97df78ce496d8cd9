"""Test that digits are changed as stated, and that an unchanged digit gives the plain prediction."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F

import vit
from train.data.dataset import Digits
from train.evaluation.robustness import (
    CHANGES,
    accuracy_curves,
    add_noise,
    change_thickness,
    make_variations,
    resize,
    rotate,
    sample_digits,
    shift,
    shift_apart,
)
from train.score import evaluate
from vit import VisionTransformer, ViTConfig

SMALL = ViTConfig(patch_size=14, embed_dim=8, depth=1, num_heads=2, mlp_dim=8)


@pytest.fixture(scope="module")
def digits(mnist_test: Digits) -> Digits:
    return sample_digits(mnist_test, 60)


@pytest.fixture(scope="module")
def images(digits: Digits) -> torch.Tensor:
    return digits.images[:, None] / 255


@pytest.fixture(scope="module")
def framed(images: torch.Tensor) -> torch.Tensor:
    """Return digits with four empty pixels on every side."""
    return F.pad(images[:, :, 4:-4, 4:-4], (4, 4, 4, 4))


@pytest.mark.parametrize("name", CHANGES)
def test_an_amount_of_zero_changes_nothing(name, images):
    change = CHANGES[name]
    assert change.unchanged in change.amounts
    assert list(change.amounts) == sorted(change.amounts)
    assert torch.equal(change.apply(images, torch.full((len(images),), float(change.unchanged))), images)
    for amount in {change.amounts[0], change.amounts[-1]} - {change.unchanged}:
        assert not torch.equal(change.apply(images, torch.full((len(images),), float(amount))), images)


def test_at_an_amount_of_zero_a_curve_has_the_plain_accuracy(digits):
    model = vit.load("digits-4x4")
    found, plain = accuracy_curves(model, digits), evaluate(model, digits).accuracy
    for name, change in CHANGES.items():
        assert len(found[name]) == len(change.amounts)
        assert found[name][change.amounts.index(change.unchanged)] == plain
    assert min(map(min, found.values())) < 0.5 < plain


def test_a_curve_equals_the_accuracy_on_changed_digits(digits, images):
    torch.manual_seed(0)
    model = VisionTransformer(SMALL).eval()
    found = accuracy_curves(model, digits)
    for name, change in CHANGES.items():
        for amount, share in zip(change.amounts, found[name], strict=True):
            changed = change.apply(images, torch.full((len(images),), float(amount)))
            with torch.no_grad():
                read = torch.stack([model(image[None])[0].argmax() for image in changed])
            assert share == (read == digits.labels).sum().item() / len(digits), (name, amount)


@pytest.mark.parametrize(("right", "down"), [(0, 0), (1, 0), (-3, 2), (4, -4)])
def test_a_shift_by_whole_pixels_rolls_a_digit_with_an_empty_border(right, down, framed):
    assert torch.equal(shift(framed, right, down), torch.roll(framed, (down, right), (2, 3)))


def test_pixels_shifted_out_are_lost(images):
    assert not shift(images, 28, 0).any()
    assert not shift(images, 5, -3)[..., :5].any()
    assert torch.equal(shift(shift(images, 9, 0), -9, 0)[..., :-9], images[..., :-9])
    assert not shift(shift(images, 9, 0), -9, 0)[..., -9:].any()


def test_shift_apart_moves_digits_to_four_sides(framed):
    moved = shift_apart(framed, torch.full((len(framed),), 3.0))
    for place, (down, right) in enumerate([(0, 3), (3, 0), (0, -3), (-3, 0)]):
        assert torch.equal(moved[place::4], torch.roll(framed[place::4], (down, right), (2, 3)))


@pytest.mark.parametrize("quarters", [-2, -1, 1, 2])
def test_quarter_turns_are_clockwise(quarters, images):
    first_rotated = rotate(images, torch.full((len(images),), 90.0 * quarters))
    torch.testing.assert_close(first_rotated, torch.rot90(images, -quarters, (2, 3)), atol=1e-4, rtol=0)


def test_half_the_size_has_a_quarter_of_the_ink_about_the_same_middle(images):
    small = resize(images, torch.full((len(images),), 0.5))
    assert small.sum() == pytest.approx(images.sum().item() / 4, rel=0.02)
    assert not small[:, :, :7].any()
    assert not small[..., -7:].any()
    torch.testing.assert_close(small.flip(2, 3), resize(images.flip(2, 3), torch.full((len(images),), 0.5)))


def test_noise_repeats_and_has_the_given_strength(images):
    grey = torch.full((200, 1, 28, 28), 0.5)
    noisy = add_noise(grey, torch.full((200,), 0.1))
    assert noisy.std() == pytest.approx(0.1, rel=0.01)
    assert torch.equal(noisy, add_noise(grey, torch.full((200,), 0.1)))
    found = add_noise(images, torch.full((len(images),), 0.8))
    assert 0 <= found.min() < found.max() <= 1


def test_thickness_moves_edges_by_pixels():
    image = torch.zeros(1, 1, 28, 28)
    image[..., 8:20, 12:16] = 1
    for pixels in (-1, 1, 2):
        expected = torch.zeros_like(image)
        expected[..., 8 - pixels : 20 + pixels, 12 - pixels : 16 + pixels] = 1
        assert torch.equal(change_thickness(image, torch.tensor([float(pixels)])), expected)
    half = change_thickness(image, torch.tensor([1.5]))
    assert half.sum() == pytest.approx((14 * 6 + 16 * 8) / 2)


@pytest.mark.parametrize(("fine", "count"), [(True, 274), (False, 68)])
def test_variations_of_a_drawing_are_those_in_its_lists(fine, count, images):
    image = images[0, 0]
    found = make_variations(image, fine)
    assert len(found.images) == count == len(found.shifts) ** 2 + len(found.angles) + len(found.pens)
    assert 0 in found.shifts
    assert -min(found.shifts) == max(found.shifts)
    places = [(right, down) for down in found.shifts for right in found.shifts]
    for place, (right, down) in enumerate(places):
        assert torch.equal(found.images[place], shift(image[None, None], right, down)[0])
    for place, angle in enumerate(found.angles, start=found.first_rotated):
        assert torch.equal(found.images[place], rotate(image[None, None], torch.tensor([float(angle)]))[0])
    for place, pen in enumerate(found.pens, start=found.first_rotated + len(found.angles)):
        assert torch.equal(found.images[place], change_thickness(image[None, None], torch.tensor([pen]))[0])


def test_sample_digits_repeats(mnist_test):
    first, again = sample_digits(mnist_test), sample_digits(mnist_test)
    assert len(first) == 500
    assert torch.equal(first.images, again.images)
    few = mnist_test.subset(slice(30))
    assert torch.equal(sample_digits(few).images, few.images)
    assert torch.equal(sample_digits(few).labels, few.labels)


def test_progress_counts_all_digits_and_can_stop_the_run(digits):
    torch.manual_seed(0)
    model, reports = VisionTransformer(SMALL), []
    accuracy_curves(model, digits, lambda done, of: reports.append((done, of)))
    of = len(digits) * sum(len(change.amounts) for change in CHANGES.values())
    assert reports[-1] == (of, of)
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)

    def stop(done: int, of: int) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        accuracy_curves(model, digits, stop)
    with pytest.raises(ValueError, match="at least one image"):
        partial(accuracy_curves, model)(digits.subset(slice(0)))
