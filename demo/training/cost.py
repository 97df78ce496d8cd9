"""Estimate the time and memory of a training from its recipe, and refuse what is too much."""

from __future__ import annotations

from train.config import Recipe
from train.datasets import DATASETS, Dataset
from train.score import EVALUATED_AT_ONCE
from vit.analysis.flops import multiplications
from vit.config import ViTConfig
from vit.validation import check_positive_int

TRAIN_IMAGES = DATASETS["mnist"].counts[0]

# The cost of training, in multiply-accumulates. Fitted to the processor time that steps of 22 recipes took on one
# thread of a Xeon (patches of 2 to 14, widths of 32 to 256, batches of 1 to 512); the error is at most 26 %.
SPEED = 80 * 10**9  # multiply-accumulates a second, on one thread
ACTIVATION = 65  # for each stored activation of a forward pass
DROPPED = 210  # for each number that dropout may set to zero
STEP = 400 * 10**6  # for each step
STEP_BLOCK = 100 * 10**6  # for each block in a step
STEP_WEIGHT = 750  # for each weight in a step
AUGMENTED = 20_000  # numbers in memory for one image during augmentation

MAX_MINUTES = 30
MAX_BYTES = 3 * 10**9  # of one running training
MAX_WEIGHTS = 4_000_000  # 16 MB, for each stored job

SMALLER = "choose a smaller width, depth or mlp_dim"
LIGHTER = "choose larger patches, fewer heads, a smaller width or a smaller batch"
SHORTER = "choose fewer epochs, fewer images, larger patches, a smaller model or a larger batch"


def check(recipe: Recipe, max_images: int | None = None, available: int | None = None) -> None:
    """Refuse a training that does not fit the data set or the limits of the shared machine.

    Args:
        max_images: images of an epoch, at most; None for all.
        available: number of training images, validation images included; None for all of the data set.

    Raises:
        ValueError: the message says what is too much and what to lower; it follows "This cannot be trained: ".
    """
    dataset = DATASETS[recipe.training.dataset]
    available = dataset.counts[0] if available is None else available
    check_digits(recipe, dataset, max_images, available)
    weights = recipe.model.num_weights
    if weights > MAX_WEIGHTS:
        raise ValueError(
            f"it would have about {weights:,} parameters, but at most {MAX_WEIGHTS:,} are allowed; {SMALLER}"
        )
    needed = peak_bytes(recipe, learned_images(recipe, max_images, available))
    if needed > MAX_BYTES:
        need = f"it would need about {needed / 1e9:,.1f} GB of memory at once"
        raise ValueError(f"{need}, but at most {MAX_BYTES / 1e9:.0f} GB are allowed; {LIGHTER}")
    minutes = -(-work(recipe, max_images, available) // (60 * SPEED))
    if minutes > MAX_MINUTES:
        need = f"it would take about {minutes:,} minutes on one processor core"
        raise ValueError(f"{need}, but at most {MAX_MINUTES} are allowed; {SHORTER}")


def check_digits(recipe: Recipe, dataset: Dataset, max_images: int | None, available: int) -> None:
    """Refuse a training that does not fit `available` images of the data set; errors as in `check`."""
    model, val_size = recipe.model, recipe.training.val_size
    if max_images is not None:
        check_positive_int("max_images", max_images)
    classes = len(dataset.names)
    if (model.image_size, model.in_chans, model.num_classes) != (28, 1, classes):
        got = f"image_size {model.image_size}, in_chans {model.in_chans} and num_classes {model.num_classes}"
        raise ValueError(f"{dataset.title} needs image_size 28, in_chans 1 and num_classes {classes}, got {got}")
    if val_size >= available:
        raise ValueError(f"some of the {available:,} images must be left to learn from, got val_size {val_size:,}")


def seconds_estimate(recipe: Recipe, images: int | None = None) -> float:
    """Estimate the seconds of a training on one CPU thread; `images` as `max_images` of `Jobs.start`."""
    return work(recipe, images) / SPEED


def work(recipe: Recipe, images: int | None = None, available: int | None = None) -> int:
    """Estimate the cost of a training in multiply-accumulates, other work converted by the time that it takes.

    A training step on an image costs three forward passes: forward, backward to activations, backward to weights.
    """
    model, training = recipe.model, recipe.training
    train_images, test_images = DATASETS[training.dataset].counts
    macs, activations, dropped = image_cost(model)
    forward = macs + ACTIVATION * activations
    learned = learned_images(recipe, images, train_images if available is None else available)
    an_epoch = learned * 3 * (forward + DROPPED * dropped) + training.val_size * forward
    a_step = STEP + STEP_BLOCK * model.depth + STEP_WEIGHT * model.num_weights
    return training.epochs * (an_epoch + -(-learned // training.batch_size) * a_step) + test_images * forward


def learned_images(recipe: Recipe, images: int | None, available: int) -> int:
    """Estimate how many of the `available` images an epoch trains on, with equally frequent classes."""
    training = recipe.training
    classes = len(DATASETS[training.dataset].names)
    included = classes - len(training.without)
    left = max(available - training.val_size, 0) * included // classes
    left = min(left, included * training.per_class) if training.per_class else left
    return left if images is None else min(images, left)


def image_cost(config: ViTConfig) -> tuple[int, int, int]:
    """Count for one image: multiply-accumulates, stored activations, numbers that dropout may set to zero.

    If the head reads only cls, the last block has one query.
    """
    full = block_cost(config, config.num_tokens)
    last = block_cost(config, 1) if config.pool == "cls" else full
    activations, dropped = ((config.depth - 1) * most + least for most, least in zip(full, last, strict=True))
    return sum(multiplications(config)), activations, dropped


def block_cost(config: ViTConfig, queries: int) -> tuple[int, int]:
    """Count stored activations of one block and the numbers that dropout may set to zero, for `queries` queries."""
    N, D, M, Q = config.num_tokens, config.embed_dim, config.mlp_dim, queries
    weights = config.num_heads * Q * N  # attention weights of all heads
    return 4 * N * D + Q * (4 * D + 3 * M) + 3 * weights, (Q * (2 * D + M) + weights) * (config.dropout > 0)


def peak_bytes(recipe: Recipe, images: int) -> int:
    """Upper bound of the memory of a training: the activations of a training batch, or of an evaluation batch.

    Measured with eleven recipes of 0.3 to 2.4 GB: the resident memory grew by 0.41 to 0.93 of this bound.
    """
    learned = min(recipe.training.batch_size, images) * (2 * image_cost(recipe.model)[1] + AUGMENTED)
    evaluated = EVALUATED_AT_ONCE * block_cost(recipe.model, recipe.model.num_tokens)[0]
    return 4 * max(learned, evaluated)
