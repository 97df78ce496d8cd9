"""Test the sentences about a training: the accuracy comes first, and a low one is called low."""

from dataclasses import replace

import pytest

from demo.training.messages import accuracy_message, look_for, one_of
from train.config import RECIPES

FAST = RECIPES["fast"]


@pytest.mark.parametrize(
    ("accuracy", "classes", "sentence"),
    [
        (0.972, 10, "it reads 97.2 % of the validation images right"),
        (0.799, 10, "it reads only 79.9 % of the validation images right"),
        (0.12, 10, "it reads only 12.0 % of the validation images right; guessing alone gives 10 %"),
        (0.05, 26, "it reads only 5.0 % of the validation images right; guessing alone gives 4 %"),
    ],
)
def test_a_low_accuracy_is_called_low(accuracy, classes, sentence):
    assert accuracy_message(accuracy, classes) == sentence


def test_what_to_try_follows_from_the_recipe():
    assert look_for(FAST) == ""
    assert look_for(replace(FAST, training=replace(FAST.training, without=(7,)))).startswith("Now draw a 7:")
    assert "shuffle" in look_for(replace(FAST, model=replace(FAST.model, positions="none")))
    assert "unusual" in look_for(replace(FAST, training=replace(FAST.training, per_class=100)))


def test_classes_are_named_with_their_article():
    assert one_of(["7"]) == "a 7"
    assert one_of(["1", "8", "9"]) == "a 1, an 8 or a 9"
    assert one_of(["Sneaker"]) == "Sneaker"
