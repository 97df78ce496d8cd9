"""The training of a CNN or an MLP: that of a recipe, without what only a vision transformer can do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from train.config import TrainConfig
from train.families.checkpoint import new_network
from train.families.network import Network

ADAM_LR = 1e-3  # Adam's own default (Kingma and Ba 2015, algorithm 1)


def plain_training(config: TrainConfig) -> TrainConfig:
    """Return a training that every family can do: Adam in place of Muon, no whitening, all patches, no teachers.

    Epochs, batches, schedule, augmentation and data stay.
    """
    adam = {"optimizer": "adam", "lr": ADAM_LR, "weight_decay": 0.0} if config.optimizer == "muon" else {}
    return replace(config, whiten=0.0, patch_dropout=0.0, distill=0.0, **adam)


def fresh_network(family: str, seed: int, num_classes: int = 10, names: tuple[str, ...] = (), **config: Any) -> Network:
    """Return the untrained network of a family; the seed alone decides its weights. Errors as in `new_network`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return new_network(family, num_classes=num_classes, names=names, **config)
