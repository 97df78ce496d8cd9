"""Split training images into a training and a validation set."""

from __future__ import annotations

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
