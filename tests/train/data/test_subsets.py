"""Test subsets of the training set: excluded classes are never learned, and the validation set keeps every class."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from train.config import RECIPES, TrainConfig
from train.data.dataset import Digits
from train.data.subsets import exclude_classes, limit_per_class
from train.loop import fresh_model, train
from train.score import evaluate
from train.splits import hold_out


@pytest.fixture
def digits() -> Digits:
    """Return 300 digits of all classes, unevenly many; each image holds its own number in its first two pixels."""
    numbers = torch.arange(300)
    images = torch.zeros(300, 28, 28, dtype=torch.uint8)
    images[:, 0, 0], images[:, 0, 1] = (numbers // 256).to(torch.uint8), (numbers % 256).to(torch.uint8)
    return Digits(images, (numbers * numbers) % 10)


def numbers(digits: Digits) -> list[int]:
    return (256 * digits.images[:, 0, 0].int() + digits.images[:, 0, 1].int()).tolist()


def test_a_limit_per_class_is_by_seed_and_nested(digits):
    all_counts = Counter(digits.labels.tolist())
    chosen = {k: limit_per_class(digits, k, seed=3) for k in (1, 5, 40, 1000)}
    for k, found in chosen.items():
        assert Counter(found.labels.tolist()) == {label: min(k, count) for label, count in all_counts.items()}
        assert numbers(found) == sorted(numbers(found))
        assert found.labels.tolist() == [number * number % 10 for number in numbers(found)]
    for small, large in ((1, 5), (5, 40), (40, 1000)):
        assert set(numbers(chosen[small])) < set(numbers(chosen[large]))
    assert (
        numbers(limit_per_class(digits, 5, seed=3)) == numbers(chosen[5]) != numbers(limit_per_class(digits, 5, seed=4))
    )
    assert limit_per_class(digits, 0, seed=3) is digits
    assert len(limit_per_class(digits.subset(slice(0)), 5, seed=3)) == 0


def test_excluding_classes_keeps_all_others(digits):
    found = exclude_classes(digits, (4, 9))
    assert numbers(found) == [number for number in range(300) if number * number % 10 not in (4, 9)]
    assert exclude_classes(digits, ()) is digits


def test_the_validation_set_does_not_depend_on_the_subset(digits):
    config = TrainConfig(val_size=100, per_class=3, without=(6, 1))
    (train_set, val_set), (whole, same_set) = hold_out(digits, config), hold_out(digits, TrainConfig(val_size=100))
    assert numbers(val_set) == numbers(same_set) and {1, 6} < set(val_set.labels.tolist())
    assert set(numbers(train_set)) < set(numbers(whole))
    assert set(Counter(train_set.labels.tolist()).values()) == {3} and not {1, 6} & set(train_set.labels.tolist())


def test_rare_shapes_of_excluded_classes_are_left_out_too(digits):
    train_set, _ = hold_out(digits, TrainConfig(val_size=100, rare_shapes=0.5, without=(1, 7)))
    plain, _ = hold_out(digits, TrainConfig(val_size=100, without=(1, 7)))
    assert len(plain) < len(train_set) <= 1.5 * len(plain)
    assert not {1, 7} & set(train_set.labels.tolist())


def test_a_model_never_predicts_an_excluded_digit(mnist_train, mnist_test):
    """The model never predicts the excluded digit, and reads the others."""
    recipe = RECIPES["fast"]
    training = replace(recipe.training, epochs=1, batch_size=64, per_class=400, without=(7,), precision="float32")
    train_set, _ = hold_out(mnist_train, training)
    model = fresh_model(replace(recipe, training=training))
    list(train(model, train_set, mnist_train.subset(slice(0)), training))
    table = evaluate(model, mnist_test.subset(slice(1000))).confusion
    assert table[:, 7].sum() == 0 and table[7].sum() > 50
    others = [digit for digit in range(10) if digit != 7]
    assert table[others, others].sum() / table[others].sum() > 0.6


def test_a_model_with_too_few_classes_is_refused(digits):
    recipe = RECIPES["fast"]
    model = fresh_model(replace(recipe, model=replace(recipe.model, num_classes=9)))
    with pytest.raises(ValueError, match=r"num_classes must be enough .* got 9 for a label of 9"):
        train(model, digits, digits.subset(slice(0)), recipe.training)
