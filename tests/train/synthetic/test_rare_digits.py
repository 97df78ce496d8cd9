"""Rare digit shapes: every sample is different, and is the digit that it should be."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import label as parts_of

import vit
from train.config import TrainConfig
from train.splits import hold_out
from train.synthetic.rare_digits import RARE_SHAPES, curve, draw_shape, make_rare_digits, parse_points

EACH = 40


@pytest.fixture(scope="module")
def digits():
    return make_rare_digits(EACH * sum(map(len, RARE_SHAPES.values())), seed=1)


def of(digits, digit: int, form: int) -> np.ndarray:
    """The drawings of one form (EACH, 28, 28), in [0, 1]."""
    order = [(one, at) for one, kinds in RARE_SHAPES.items() for at in range(len(kinds))]
    return digits.images[order.index((digit, form)) :: len(order)].numpy() / 255


def holes(image: np.ndarray) -> int:
    """Count the patches of paper that ink encloses."""
    found: Any = parts_of(np.pad(image, 1) < 0.3)
    background, count = found
    return sum((background == part).sum() >= 3 for part in range(1, count + 1)) - 1


def test_every_digit_has_shapes_and_all_are_equally_frequent(digits):
    assert sorted(RARE_SHAPES) == list(range(10))
    found = torch.bincount(digits.labels, minlength=10)
    assert found.tolist() == [EACH * len(RARE_SHAPES[digit]) for digit in range(10)]


def test_no_two_are_alike(digits):
    assert len(np.unique(digits.images.reshape(len(digits), -1).numpy(), axis=0)) == len(digits)


def test_the_seed_decides_and_nothing_else():
    first = make_rare_digits(50, seed=3)
    np.random.seed(0)
    assert torch.equal(first.images, make_rare_digits(50, seed=3).images)
    assert not torch.equal(first.images, make_rare_digits(50, seed=4).images)


def test_extremes_of_a_stroke_have_the_same_points():
    for kinds in RARE_SHAPES.values():
        for one, other in (stroke for form in kinds for stroke in form):
            for short, long in zip(one.split("/"), other.split("/"), strict=True):
                assert parse_points(short).shape == parse_points(long).shape
                assert short.startswith("~") is long.startswith("~")


def test_a_foot_is_wide_at_the_bottom_and_a_flag_leaves_the_top_left(digits):
    """Of the ones: by the ink in the lowest rows against that in the middle ones."""
    flagged, footed = of(digits, 1, 0), of(digits, 1, 2)

    def width(images: np.ndarray, rows: slice) -> np.ndarray:
        return (images[:, rows].max(axis=1) > 0.5).sum(axis=1)

    assert np.median(width(footed, slice(20, 25))) > 1.8 * np.median(width(flagged, slice(20, 25)))
    assert np.median(width(footed, slice(20, 25))) > 2 * np.median(width(footed, slice(13, 17)))


@pytest.mark.parametrize(("digit", "form", "least"), [(0, 0, 2), (8, 0, 2), (4, 1, 1), (6, 0, 1), (6, 1, 1), (9, 0, 1)])
def test_closed_shapes_have_holes(digits, digit, form, least):
    found = [holes(image) for image in of(digits, digit, form)]
    assert np.median(found) == least


def test_open_shapes_have_no_holes(digits):
    for digit, form in ((1, 0), (1, 2), (3, 0), (4, 0), (7, 0), (2, 0)):
        assert np.mean([holes(image) == 0 for image in of(digits, digit, form)]) > 0.8


def test_most_are_read_as_what_they_are_by_a_model(digits):
    """One that has learned from MNIST, whose writers knew some of these shapes and not others."""
    with torch.inference_mode():
        read = vit.load("digits-4x4")(digits.images[:, None].float() / 255).argmax(dim=1)
    assert (read == digits.labels).float().mean() > 0.85


def test_a_curve_goes_through_its_knots():
    knots = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0], [4.0, 4.0]])
    line = curve(knots)
    np.testing.assert_allclose(line[::10], knots)
    turns = np.diff(line, n=2, axis=0)
    assert np.abs(turns).max() < 0.2


def test_a_drawing_has_the_strokes_of_its_shape():
    random = np.random.default_rng(0)
    for kinds in RARE_SHAPES.values():
        for form in kinds:
            strokes = draw_shape(form, random)
            assert len(strokes) == len(form)
            assert all(stroke.shape[1] == 2 and np.isfinite(stroke).all() for stroke in strokes)


def test_they_are_added_to_what_is_learned_and_not_to_what_is_held_out(mnist_train):
    digits = mnist_train.subset(slice(300))
    plain, held = hold_out(digits, TrainConfig(val_size=100))
    more, same = hold_out(digits, TrainConfig(val_size=100, rare_shapes=0.1))
    assert (len(plain), len(more)) == (200, 220)
    assert torch.equal(more.images[:200], plain.images) and torch.equal(held.images, same.images)
    assert torch.equal(more.images[200:], make_rare_digits(20, seed=0).images)
