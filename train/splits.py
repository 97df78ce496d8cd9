"""Split training images into a training and a validation set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from train.config import TrainConfig
from train.data.dataset import Digits, split
from train.data.subsets import exclude_classes, limit_per_class
from train.synthetic.rare_digits import make_rare_digits


def hold_out(digits: Digits, config: TrainConfig) -> tuple[Digits, Digits]:
    """Split digits into a training and a validation set; the seed alone decides.

    The training set is then limited to the classes and counts of `config`, and its rare shapes are added.

    Raises:
        ValueError: there are not more than `val_size` digits.
    """
    train_set, val_set = split(digits, config.val_size, config.seed)
    train_set = limit_per_class(exclude_classes(train_set, config.without), config.per_class, config.seed)
    if config.rare_shapes:
        count = round(config.rare_shapes * len(train_set))
        train_set = train_set + exclude_classes(make_rare_digits(count, config.seed), config.without)
    return train_set, val_set


def split_as_trained(recipe: Mapping[str, Any], digits: Digits) -> tuple[Digits, Digits]:
    """Split the training digits as the recipe of a checkpoint's header did; errors as in `trained_with`."""
    return hold_out(digits, trained_with(recipe))


def trained_with(recipe: Mapping[str, Any]) -> TrainConfig:
    """Return the settings that a checkpoint's recipe was trained with, which say what digits were held out.

    Raises:
        ValueError: the checkpoint has no recipe, or its recipe has no validation set.
    """
    try:
        config = TrainConfig.from_saved(recipe["training"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the checkpoint holds no recipe that says which digits were held out: {error}") from None
    if not config.val_size:
        raise ValueError("the checkpoint's recipe held no digits out (val_size 0), so nothing can be fitted to it")
    return config
