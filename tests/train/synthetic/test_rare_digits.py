"""Test that rare digit shapes vary, and look like the digit of their label."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import label as parts_of

import vit
from train.config import TrainConfig
from train.splits import hold_out
from train.synthetic.one_or_seven import ONE_UNDER, SEVEN_OVER, measure_flag, one_or_seven
from train.synthetic.rare_digits import (
    RARE_SHAPES,
    STRETCH,
    curve,
    draw_clearly,
    draw_shape,
    is_hook,
    make_rare_digits,
    parse_points,
)

EACH = 40


@pytest.fixture(scope="module")
def digits():
    return make_rare_digits(EACH * sum(map(len, RARE_SHAPES.values())), seed=1)


def of(digits, digit: int, shape: int) -> np.ndarray:
    """Return the drawings of one shape of a digit, (EACH, 28, 28) in [0, 1]."""
    order = [(one, at) for one, kinds in RARE_SHAPES.items() for at in range(len(kinds))]
    return digits.images[order.index((digit, shape)) :: len(order)].numpy() / 255


def holes(image: np.ndarray) -> int:
    """Count the areas of paper that ink encloses."""
    found: Any = parts_of(np.pad(image, 1) < 0.3)
    background, count = found
    return sum((background == part).sum() >= 3 for part in range(1, count + 1)) - 1


def test_every_digit_has_shapes_and_all_are_equally_frequent(digits):
    assert sorted(RARE_SHAPES) == list(range(10))
    found = torch.bincount(digits.labels, minlength=10)
    assert found.tolist() == [EACH * len(RARE_SHAPES[digit]) for digit in range(10)]


def test_no_two_digits_are_equal(digits):
    assert len(np.unique(digits.images.reshape(len(digits), -1).numpy(), axis=0)) == len(digits)


def test_only_the_seed_decides():
    first = make_rare_digits(50, seed=3)
    np.random.seed(0)
    assert torch.equal(first.images, make_rare_digits(50, seed=3).images)
    assert not torch.equal(first.images, make_rare_digits(50, seed=4).images)


def test_both_extremes_of_a_stroke_have_equally_many_points():
    for kinds in RARE_SHAPES.values():
        for one, other in (stroke for shape in kinds for stroke in shape):
            for short, long in zip(one.split("/"), other.split("/"), strict=True):
                assert parse_points(short).shape == parse_points(long).shape
                assert short.startswith("~") is long.startswith("~")


def test_a_one_with_a_foot_is_wide_at_the_bottom(digits):
    """Compare the ink in the lowest rows of ones with that in the middle rows."""
    flagged, footed = of(digits, 1, 0), of(digits, 1, 2)

    def width(images: np.ndarray, rows: slice) -> np.ndarray:
        return (images[:, rows].max(axis=1) > 0.5).sum(axis=1)

    assert np.median(width(footed, slice(20, 25))) > 1.8 * np.median(width(flagged, slice(20, 25)))
    assert np.median(width(footed, slice(20, 25))) > 2 * np.median(width(footed, slice(13, 17)))


@pytest.mark.parametrize(
    ("digit", "shape", "least"),
    [(0, 0, 2), (8, 0, 2), (8, 1, 2), (4, 1, 1), (4, 5, 1), (6, 0, 1), (6, 1, 1), (6, 2, 1), (6, 4, 1), (9, 0, 1)],
)
def test_closed_shapes_have_holes(digits, digit, shape, least):
    found = [holes(image) for image in of(digits, digit, shape)]
    assert np.median(found) == least


def test_open_shapes_have_no_holes(digits):
    for digit, shape in ((1, 0), (1, 2), (3, 0), (4, 0), (7, 0), (2, 0), (4, 4), (7, 3)):
        assert np.mean([holes(image) == 0 for image in of(digits, digit, shape)]) > 0.8


@pytest.mark.parametrize(("is_open", "is_closed"), [(3, 2), (5, 4)])
def test_the_loop_of_an_angular_six_is_open_or_closed(digits, is_open, is_closed):
    """A pen may close the gap of a narrow one."""
    open_share, closed_share = (
        np.mean([holes(image) == 0 for image in of(digits, 6, at)]) for at in (is_open, is_closed)
    )
    assert open_share > 0.6 and closed_share < 0.1


def test_a_model_reads_most_of_them_right(digits):
    """The model was trained on MNIST, which has some of these shapes and not others."""
    with torch.inference_mode():
        read = vit.load("digits-4x4")(digits.images[:, None].float() / 255).argmax(dim=1)
    assert (read == digits.labels).float().mean() > 0.85


def test_no_one_and_no_seven_is_on_the_border():
    random, angles = np.random.default_rng(0), []
    for digit in (1, 7):
        for shape in RARE_SHAPES[digit]:
            drawings = [draw_clearly(digit, shape, random) for _ in range(100)]
            hooks = [strokes[0] for strokes in drawings if is_hook(digit, strokes)]
            assert all(one_or_seven(hook) == digit for hook in hooks)
            angles += [measure_flag(hook)[0] for hook in hooks]
    low, high = (np.array([angle for angle in angles if (angle < 65) == ones]) for ones in (True, False))
    assert low.max() > ONE_UNDER - 3 and high.min() < SEVEN_OVER + 3 and min(len(low), len(high)) >= 100


def test_a_one_has_every_flag_from_a_tick_to_the_base_line():
    random = np.random.default_rng(0)
    for shape in RARE_SHAPES[1][3:5]:
        lengths = [measure_flag(draw_clearly(1, shape, random)[0])[1] for _ in range(200)]
        assert min(lengths) < 0.2 and max(lengths) > 0.95


def test_shapes_are_stretched_as_far_either_way():
    box = [("0,0 1,0 1,1", "0,0 1,0 1,1")]
    random = np.random.default_rng(0)
    widths = [np.ptp(draw_shape(box, random)[0][:2, 0]) for _ in range(2000)]  # of a level line, which slant leaves
    assert 1.4 < max(widths) < STRETCH + 0.2
    assert 1 / STRETCH - 0.15 < min(widths) < 0.75


def test_a_curve_goes_through_its_knots():
    knots = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0], [4.0, 4.0]])
    line = curve(knots)
    np.testing.assert_allclose(line[::10], knots)
    turns = np.diff(line, n=2, axis=0)
    assert np.abs(turns).max() < 0.2


def test_a_drawing_has_the_strokes_of_its_shape():
    random = np.random.default_rng(0)
    for kinds in RARE_SHAPES.values():
        for shape in kinds:
            strokes = draw_shape(shape, random)
            assert len(strokes) == len(shape)
            assert all(stroke.shape[1] == 2 and np.isfinite(stroke).all() for stroke in strokes)


def test_they_are_added_to_the_training_set_only(mnist_train):
    digits = mnist_train.subset(slice(300))
    plain, val_digits = hold_out(digits, TrainConfig(val_size=100))
    with_shapes, same = hold_out(digits, TrainConfig(val_size=100, rare_shapes=0.1))
    assert (len(plain), len(with_shapes)) == (200, 220)
    assert torch.equal(with_shapes.images[:200], plain.images) and torch.equal(val_digits.images, same.images)
    assert torch.equal(with_shapes.images[200:], make_rare_digits(20, seed=0).images)
