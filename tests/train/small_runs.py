"""For tests of the training loop: small recipes, and a way to train with one to the end."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from train.config import Recipe, TrainConfig
from train.data.dataset import Digits
from train.loop import Event, fresh_model, train
from vit import VisionTransformer, ViTConfig

SMALL = ViTConfig(embed_dim=16, depth=2, num_heads=2, mlp_dim=16)
MUON = TrainConfig(epochs=2, batch_size=16, optimizer="muon", lr=8e-3, weight_decay=0.01, schedule="linear", warmup=0.1)
ADAM = TrainConfig(epochs=2, batch_size=16, lr=3e-3)
# All sources of randomness together: order, augmentation and dropout.
AUGMENTED = {"rotation": 10.0, "scale": 0.1, "shear": 0.1, "shift": 2.0}
WITH_DROPOUT = replace(SMALL, dropout=0.2)
both = pytest.mark.parametrize("config", [MUON, ADAM], ids=["muon", "adam"])


def run(digits: Digits, val_set: Digits, config: TrainConfig, model: ViTConfig = SMALL, **resume: Any):
    """Train to the end; return the model and the events."""
    trained = fresh_model(Recipe(model, config))
    return trained, list(train(trained, digits, val_set, config, **resume))


def of(kind: type, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def same(ours: VisionTransformer, theirs: VisionTransformer) -> bool:
    """Return whether two models agree in every bit."""
    return all(torch.equal(*pair) for pair in zip(ours.parameters(), theirs.parameters(), strict=True))
