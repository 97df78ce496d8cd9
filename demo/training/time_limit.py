"""Time limit of a training: choose epochs and images that fit into it, from the speed of this machine."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from demo.training.cost import learned_images, seconds_estimate
from train.config import Recipe
from train.datasets import DATASETS
from vit.validation import check_range

MAX_SECONDS = 600
EPOCHS = 4  # so that the validation curve has a few points
READING = 1 / 3  # time to read the images of a step without learning from them, as a share of the step's time
VALIDATION = 1 / 5  # largest share of the time for validation, if there is more than one epoch
SLOWEST = 5  # times the estimate from the model's size: a slower measurement was disturbed, and is not believed
USED = 0.93  # share of the time that is planned; the rest is for a machine that becomes slower


def check_limit(seconds: float) -> float:
    """Return a time limit in seconds, 0 for none; raise a `ValueError` if it is invalid."""
    check_range("seconds", seconds, 0, MAX_SECONDS)
    return float(seconds)


def fit(recipe: Recipe, seconds: float, step_seconds: float, available: int) -> Recipe:
    """Choose the epochs of a recipe and the images of an epoch, so that training and validation take `seconds`.

    The schedule of the learning rate follows the epochs, so it also ends within that time.

    Args:
        step_seconds: measured seconds of one training step on a batch.
        available: number of training images of the data set, validation images included.
    """
    training = recipe.training
    images = learned_images(recipe, None, available)
    validation = READING * training.val_size / training.batch_size  # as steps that take the same time
    step_seconds = min(
        step_seconds, SLOWEST * seconds_estimate(recipe.with_epochs(1)) / training.steps_an_epoch(images)
    )
    steps = USED * seconds / step_seconds
    whole = training.steps_an_epoch(images)
    wanted = min(EPOCHS, int(VALIDATION * steps / validation)) if validation else EPOCHS
    epochs = max(wanted, ceil(steps / (whole + validation)), 1)
    classes = len(DATASETS[training.dataset].names) - len(training.without)
    per_class = max(int(steps / epochs - validation), 1) * training.batch_size // classes
    fewer = {} if per_class * classes >= images else {"per_class": max(per_class, 1)}
    return replace(recipe, training=replace(training, epochs=epochs, **fewer))
