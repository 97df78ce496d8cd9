"""Digits redrawn to learn from: others than they were, still themselves, and beside the set they come from."""

import numpy as np
import pytest
import torch

import vit
from train.config import TrainConfig
from train.loop import hold_out
from train.redrawn import redrawn

pytest.importorskip("skimage")


def test_the_seed_decides_and_nothing_else(mnist_train):
    digits = mnist_train.subset(slice(40))
    first = redrawn(digits, 12, seed=3)
    np.random.seed(0)
    assert torch.equal(first.images, redrawn(digits, 12, seed=3).images)
    assert not torch.equal(first.images, redrawn(digits, 12, seed=4).images)


def test_every_digit_comes_once_and_is_drawn_differently(mnist_train):
    digits = mnist_train.subset(slice(30))
    found = redrawn(digits, 30, seed=0)
    assert torch.equal(found.labels.sort().values, digits.labels.sort().values)
    pairs = np.abs(found.images[:, None].numpy().astype(int) - digits.images[None].numpy()).max(axis=(2, 3))
    assert pairs.min() > 50  # no drawing is one of the images


def test_they_are_still_the_digits_they_were(mnist_train):
    found = redrawn(mnist_train, 300, seed=1)
    right = vit.load("digits-4x4")(found.images[:, None] / 255).argmax(dim=-1) == found.labels
    assert right[::2].float().mean() > 0.95 and right[1::2].float().mean() > 0.94


def test_strokes_have_one_width_and_pictures_many(mnist_train):
    """Of ones, which are one line: their ink by its height is the pen's width."""
    ones = mnist_train.subset(mnist_train.labels == 1)
    images = redrawn(ones, 80, seed=0).images.numpy() / 255
    widths = images.sum(axis=(1, 2)) / (images.max(axis=2) > 0.5).sum(axis=1)
    strokes, pictures = (np.diff(np.quantile(kind, [0.1, 0.9])).item() for kind in (widths[::2], widths[1::2]))
    assert pictures > 2 * strokes


def test_more_than_there_are_cannot_be_redrawn(mnist_train):
    with pytest.raises(ValueError, match=r"^digits must be at least the 6 that are redrawn, got 5$"):
        redrawn(mnist_train.subset(slice(5)), 6, seed=0)


def test_they_are_added_to_what_is_learned_and_not_to_what_is_held_out(mnist_train):
    digits = mnist_train.subset(slice(120))
    plain, held = hold_out(digits, TrainConfig(val_size=40))
    more, same = hold_out(digits, TrainConfig(val_size=40, redrawn=0.1))
    assert (len(plain), len(more)) == (80, 88)
    assert torch.equal(more.images[:80], plain.images) and torch.equal(held.images, same.images)
    assert torch.equal(more.images[80:], redrawn(plain, 8, seed=0).images)


def test_a_class_that_is_left_out_is_not_redrawn_either(mnist_train):
    learned, _ = hold_out(mnist_train.subset(slice(200)), TrainConfig(val_size=40, redrawn=0.3, without=(1, 7)))
    assert not torch.isin(learned.labels, torch.tensor([1, 7])).any()
