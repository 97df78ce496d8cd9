"""What a diet leaves out is never learned from, and what is held out keeps every class."""

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
    """300 digits of all classes, some more often; each image holds its own number in its first two pixels."""
    numbers = torch.arange(300)
    images = torch.zeros(300, 28, 28, dtype=torch.uint8)
    images[:, 0, 0], images[:, 0, 1] = (numbers // 256).to(torch.uint8), (numbers % 256).to(torch.uint8)
    return Digits(images, (numbers * numbers) % 10)


def numbers(digits: Digits) -> list[int]:
    return (256 * digits.images[:, 0, 0].int() + digits.images[:, 0, 1].int()).tolist()


def test_few_of_each_class_by_seed_and_nested(digits):
    plenty = Counter(digits.labels.tolist())
    chosen = {k: limit_per_class(digits, k, seed=3) for k in (1, 5, 40, 1000)}
    for k, found in chosen.items():
        assert Counter(found.labels.tolist()) == {label: min(k, count) for label, count in plenty.items()}
        assert numbers(found) == sorted(numbers(found))
        assert found.labels.tolist() == [number * number % 10 for number in numbers(found)]
    for small, large in ((1, 5), (5, 40), (40, 1000)):
        assert set(numbers(chosen[small])) < set(numbers(chosen[large]))
    assert (
        numbers(limit_per_class(digits, 5, seed=3)) == numbers(chosen[5]) != numbers(limit_per_class(digits, 5, seed=4))
    )
    assert limit_per_class(digits, 0, seed=3) is digits
    assert len(limit_per_class(digits.subset(slice(0)), 5, seed=3)) == 0


def test_what_is_left_out_is_gone_and_the_rest_stays(digits):
    found = exclude_classes(digits, (4, 9))
    assert numbers(found) == [number for number in range(300) if number * number % 10 not in (4, 9)]
    assert exclude_classes(digits, ()) is digits


def test_held_out_digits_keep_all_classes_and_do_not_depend_on_the_diet(digits):
    config = TrainConfig(val_size=100, per_class=3, without=(6, 1))
    (learned, held), (every, same) = hold_out(digits, config), hold_out(digits, TrainConfig(val_size=100))
    assert numbers(held) == numbers(same) and {1, 6} < set(held.labels.tolist())
    assert set(numbers(learned)) < set(numbers(every))
    assert set(Counter(learned.labels.tolist()).values()) == {3} and not {1, 6} & set(learned.labels.tolist())


def test_rare_forms_are_on_the_diet_too(digits):
    learned, _ = hold_out(digits, TrainConfig(val_size=100, rare_shapes=0.5, without=(1, 7)))
    plain, _ = hold_out(digits, TrainConfig(val_size=100, without=(1, 7)))
    assert len(plain) < len(learned) <= 1.5 * len(plain)
    assert not {1, 7} & set(learned.labels.tolist())


def test_a_digit_that_was_never_shown_is_never_read(mnist_train, mnist_test):
    """And those that were shown are."""
    recipe = RECIPES["fast"]
    training = replace(recipe.training, epochs=1, batch_size=64, per_class=400, without=(7,), precision="float32")
    learned, _ = hold_out(mnist_train, training)
    model = fresh_model(replace(recipe, training=training))
    list(train(model, learned, mnist_train.subset(slice(0)), training))
    table = evaluate(model, mnist_test.subset(slice(1000))).confusion
    assert table[:, 7].sum() == 0 and table[7].sum() > 50
    others = [digit for digit in range(10) if digit != 7]
    assert table[others, others].sum() / table[others].sum() > 0.6


def test_a_model_with_too_few_classes_is_refused(digits):
    recipe = RECIPES["fast"]
    model = fresh_model(replace(recipe, model=replace(recipe.model, num_classes=9)))
    with pytest.raises(ValueError, match=r"num_classes must be enough .* got 9 for a label of 9"):
        train(model, digits, digits.subset(slice(0)), recipe.training)
