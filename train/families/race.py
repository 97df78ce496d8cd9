"""A race: a ViT, a CNN and an MLP with as many weights train side by side on the same batches."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from train.config import Recipe, TrainConfig, recipe
from train.data.dataset import Digits
from train.events import Event
from train.families.network import Classifier
from train.families.recipe import fresh_network, plain_training
from train.loop import fresh_model, train

TITLES = {"vit": "ViT", "cnn": "CNN", "mlp": "MLP"}


def contestants(seed: int = 0) -> dict[str, Classifier]:
    """Return the untrained ViT of recipe `fast` and the networks to compare it with; the seed decides their weights."""
    vit = recipe("fast").model
    networks = {family: fresh_network(family, seed) for family in TITLES if family != "vit"}
    return {"vit": fresh_model(Recipe(vit, TrainConfig(seed=seed))), **networks}


def race_training(epochs: int, seed: int = 0, val_size: int = 0) -> TrainConfig:
    """Return the training of a race: Adam for all, the schedule of recipe `fast`, and the digits as they are.

    Augmentation is left out, so that what a network does with moved digits comes from its form alone.
    """
    plain = plain_training(recipe("fast").training)
    return TrainConfig(
        epochs=epochs,
        optimizer=plain.optimizer,
        lr=plain.lr,
        weight_decay=0.0,
        schedule=plain.schedule,
        warmup=plain.warmup,
        val_size=val_size,
        seed=seed,
    )


def race(
    models: Mapping[str, Classifier], train_set: Digits, val_set: Digits, config: TrainConfig
) -> Generator[dict[str, Event], None, None]:
    """Train models in turns, one step each; yield their events by name.

    One seed gives all the same batches (`train.loop.train`). The seconds of an event are those of its own model.

    Raises:
        ValueError, DivergedError: as in `train.loop.train`.
    """
    runs = {name: train(model, train_set, val_set, config) for name, model in models.items()}
    try:
        for events in zip(*runs.values(), strict=True):
            yield dict(zip(runs, events, strict=True))
    finally:
        for run in runs.values():
            run.close()
