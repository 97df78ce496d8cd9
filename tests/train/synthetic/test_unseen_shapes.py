"""Test the test set of rare shapes: every shape is drawn, is what its name says, and differs from the training set."""

import ast
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import label as parts_of

from train.synthetic import unseen_shapes
from train.synthetic.one_or_seven import measure_flag, one_or_seven
from train.synthetic.rare_digits import RARE_SHAPES, make_rare_digits
from train.synthetic.unseen_shapes import PATHS, bezier, draw_unseen, hook, is_hook, make_hooks, make_unseen, trace

EACH = 20


def pieces(mask: np.ndarray) -> int:
    """Count connected pieces, also those that touch at a corner."""
    found: Any = parts_of(mask, np.ones((3, 3)))
    return found[1]


def holes(image: np.ndarray) -> int:
    """Count the areas of paper that ink encloses."""
    found: Any = parts_of(np.pad(image, 1) < 90)
    background, count = found
    return sum((background == part).sum() >= 2 for part in range(1, count + 1)) - 1


@pytest.mark.parametrize("shape", PATHS)
def test_each_shape_is_drawn_and_varies(shape):
    digits = make_unseen(shape, EACH, seed=1)
    assert digits.images.shape == (EACH, 28, 28) and digits.images.dtype == torch.uint8
    assert digits.labels.tolist() == [int(shape[0])] * EACH
    assert len(np.unique(digits.images.reshape(EACH, -1).numpy(), axis=0)) == EACH
    assert (digits.images.amax(dim=(1, 2)) == 255).all()
    assert torch.equal(digits.images, make_unseen(shape, EACH, seed=1).images)
    assert not torch.equal(digits.images, make_unseen(shape, EACH, seed=2).images)


@pytest.mark.parametrize("width", [1 / 1.6, 1.0, 1.6])
@pytest.mark.parametrize("shape", list(filter(is_hook, PATHS)))
def test_no_hook_is_on_the_border_of_one_and_seven(shape, width):
    random = np.random.default_rng(0)
    for _ in range(50):
        assert one_or_seven(draw_unseen(shape, random, width)[0]) == int(shape[0])


@pytest.mark.parametrize(
    ("shape", "most_often"),
    [
        ("6, straight lines, closed", 1),
        ("6, straight lines, open", 0),
        ("6, boxy, closed", 1),
        ("6, boxy, open", 0),
        ("4, flash", 0),
        ("4, closed at the top", 1),
        ("8, two parts", 2),
        ("9, straight foot", 1),
    ],
)
def test_loops_are_open_or_closed(shape, most_often):
    found = [holes(image) for image in make_unseen(shape, 40, seed=3).images.numpy()]
    assert np.median(found) == most_often


def test_two_parts_are_apart():
    def share_apart(shape: str) -> float:
        return float(np.mean([pieces(image > 60) == 2 for image in make_unseen(shape, 40, seed=3).images.numpy()]))

    assert share_apart("5, bar apart") > 0.3
    assert share_apart("8, two parts") > 0.1
    assert share_apart("8, two rings that touch") == 0 == share_apart("6, boxy, closed")


def test_a_stretched_digit_is_wider_or_higher():
    def shape_of(width: float) -> float:
        images = make_unseen("6, boxy, closed", 40, seed=4, width=width).images.numpy() > 127
        return float(np.mean([np.ptp(np.nonzero(image)[1]) / np.ptp(np.nonzero(image)[0]) for image in images]))

    assert shape_of(1 / 1.6) < 0.8 * shape_of(1.0) < 0.65 * shape_of(1.6)


@pytest.mark.parametrize("angle", [20, 55, 90])
def test_hooks_have_the_angle(angle):
    measured, length = measure_flag(hook(math.radians(angle), 0.1, 0.5))
    assert measured == pytest.approx(angle)
    assert length > 0.4
    images = make_hooks(angle, 5, seed=0)
    assert len(np.unique(images.reshape(5, -1).numpy(), axis=0)) == 5


def test_a_bezier_curve_keeps_its_ends_and_its_middle():
    control = np.array([[0.0, 0], [0, 1], [1, 1], [1, 0]])
    curve = bezier(control)
    np.testing.assert_allclose(curve[[0, -1]], control[[0, -1]], atol=1e-12)
    np.testing.assert_allclose(curve.mean(axis=0)[0], 0.5)
    assert curve[:, 1].max() < 0.75


def test_a_path_is_traced_in_order():
    line = trace(" 0 0 L 1 0 C 1 1 2 1 2 0 ")
    np.testing.assert_allclose(line[[0, 1, -1]], [[0, 0], [1, 0], [2, 0]], atol=1e-12)
    assert len(line) == 2 + unseen_shapes.CURVE_POINTS - 1


def test_the_test_set_shares_no_shape_with_the_training_set():
    """Its module takes nothing from that of the training set, and no image is like one of it."""
    tree = ast.parse(Path(unseen_shapes.__file__).read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not modules & {"train.synthetic.rare_digits", "train.synthetic.handwriting"}
    train = make_rare_digits(10 * sum(map(len, RARE_SHAPES.values())), seed=0).images.reshape(-1, 784).float() / 255
    test = torch.cat([make_unseen(shape, 5, seed=0).images for shape in PATHS]).reshape(-1, 784).float() / 255
    assert torch.cdist(test, train).min() > 1  # a pixel that is white in one and black in the other
