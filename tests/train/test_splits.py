"""Test how a checkpoint's recipe says which digits its model has never learned from."""

import pytest
import torch

from train.config import TrainConfig
from train.splits import hold_out, split_as_trained


def test_the_validation_digits_are_those_of_the_recipe(mnist_train):
    some = mnist_train.subset(slice(300))
    config = TrainConfig(val_size=40, seed=3)
    found = split_as_trained({"training": {"val_size": 40, "seed": 3}}, some)
    for one, expected in zip(found, hold_out(some, config), strict=True):
        assert torch.equal(one.images, expected.images)


@pytest.mark.parametrize(
    ("recipe", "named"),
    [({}, "no recipe"), ({"training": {"colour": 1}}, "no recipe"), ({"training": {"val_size": 0}}, "val_size 0")],
)
def test_a_checkpoint_without_validation_set_is_refused(recipe, named, mnist_train):
    with pytest.raises(ValueError, match=named):
        split_as_trained(recipe, mnist_train.subset(slice(100)))
