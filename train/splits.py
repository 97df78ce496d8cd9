"""Split training images into those that are learned and those held out for validation."""

from __future__ import annotations

from train.config import TrainConfig
from train.data.dataset import Digits, split
from train.data.subsets import few, without
from train.synthetic.rare_digits import written


def hold_out(digits: Digits, config: TrainConfig) -> tuple[Digits, Digits]:
    """Part `digits` into those to train on and those held out for validation; the seed alone decides which.

    Of the first those stay that `config` wants shown, and to them are added the rare forms that it asks for.

    Raises:
        ValueError: there are not more than `val_size` digits.
    """
    learned, held = split(digits, config.val_size, config.seed)
    learned = few(without(learned, config.without), config.per_class, config.seed)
    if config.forms:
        learned = learned + without(written(round(config.forms * len(learned)), config.seed), config.without)
    return learned, held
