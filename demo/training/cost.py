"""What a training costs in time and memory, told from its recipe alone, and what is too much to be started."""

from __future__ import annotations

from train.config import Recipe
from train.datasets import DATASETS, Dataset
from train.score import EVALUATED_AT_ONCE
from vit.analysis.flops import multiplications
from vit.config import ViTConfig
from vit.validation import check_positive_int

TRAIN_IMAGES = DATASETS["mnist"].counts[0]

# What training costs, in multiply-accumulates. Fitted to the processor time that steps of 22 recipes took on one
# thread of a Xeon (patches of 2 to 14, widths of 32 to 256, batches of 1 to 512), and within 26 % of it.
SPEED = 80 * 10**9  # a second, of one thread
ACTIVATION = 65  # for every number that a forward pass writes down
DROPPED = 210  # for every number that dropout looks at
STEP = 400 * 10**6  # for a step, however small,
STEP_BLOCK = 100 * 10**6  # for each of its blocks
STEP_WEIGHT = 750  # and for each weight that it moves
AUGMENTED = 20_000  # numbers that stand beside one image while it is varied and learned

MAX_MINUTES = 30
MAX_BYTES = 3 * 10**9  # while one training runs
MAX_WEIGHTS = 4_000_000  # 16 MB, for each of the jobs that are kept

SMALLER = "choose a smaller width, depth or mlp_dim"
LIGHTER = "choose larger patches, fewer heads, a smaller width or a smaller batch"
SHORTER = "choose fewer epochs, fewer images, larger patches, a smaller model or a larger batch"


def check(recipe: Recipe, max_images: int | None = None, available: int | None = None) -> None:
    """Refuse what a config alone cannot know to be impossible, or too much for a slot that everybody shares.

    Args:
        max_images: that an epoch learns, if there are more.
        available: training images, those to be held out included; None for as many as the data set has.

    Raises:
        ValueError: what is too much and what to lower, to follow "This cannot be trained: ".
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
        found = f"it would need about {needed / 1e9:,.1f} GB of memory at once"
        raise ValueError(f"{found}, but at most {MAX_BYTES / 1e9:.0f} GB are allowed; {LIGHTER}")
    minutes = -(-work(recipe, max_images, available) // (60 * SPEED))
    if minutes > MAX_MINUTES:
        found = f"it would take about {minutes:,} minutes on one processor core"
        raise ValueError(f"{found}, but at most {MAX_MINUTES} are allowed; {SHORTER}")


def check_digits(recipe: Recipe, dataset: Dataset, max_images: int | None, available: int) -> None:
    """Refuse a training that does not fit `available` images of the data set; errors as in `check`."""
    model, val_size = recipe.model, recipe.training.val_size
    if max_images is not None:
        check_positive_int("max_images", max_images)
    classes = len(dataset.names)
    if (model.image_size, model.in_chans, model.num_classes) != (28, 1, classes):
        found = f"image_size {model.image_size}, in_chans {model.in_chans} and num_classes {model.num_classes}"
        raise ValueError(f"{dataset.title} needs image_size 28, in_chans 1 and num_classes {classes}, got {found}")
    if val_size >= available:
        raise ValueError(f"some of the {available:,} images must be left to learn from, got val_size {val_size:,}")


def seconds_estimate(recipe: Recipe, images: int | None = None) -> float:
    """Return about how many seconds a training takes on one CPU thread, `images` as `max_images` of `Jobs.start`."""
    return work(recipe, images) / SPEED


def work(recipe: Recipe, images: int | None = None, available: int | None = None) -> int:
    """Return what a training costs in multiply-accumulates, or in what takes as long as so many.

    To learn an image takes three times what reading it takes: forward, and backward to activations and to weights.
    """
    model, training = recipe.model, recipe.training
    train_images, test_images = DATASETS[training.dataset].counts
    macs, written, dropped = image_cost(model)
    read = macs + ACTIVATION * written
    learned = learned_images(recipe, images, train_images if available is None else available)
    an_epoch = learned * 3 * (read + DROPPED * dropped) + training.val_size * read
    a_step = STEP + STEP_BLOCK * model.depth + STEP_WEIGHT * model.num_weights
    return training.epochs * (an_epoch + -(-learned // training.batch_size) * a_step) + test_images * read


def learned_images(recipe: Recipe, images: int | None, available: int) -> int:
    """Return about how many images an epoch learns of those `available`, with all classes equally often."""
    training = recipe.training
    known = len(DATASETS[training.dataset].names)
    shown = known - len(training.without)
    left = max(available - training.val_size, 0) * shown // known
    left = min(left, shown * training.per_class) if training.per_class else left
    return left if images is None else min(images, left)


def image_cost(config: ViTConfig) -> tuple[int, int, int]:
    """Return what reading one image takes: multiply-accumulates, numbers written down, numbers that dropout looks at.

    In the last block only cls asks, if only cls is read.
    """
    full = block_cost(config, config.num_tokens)
    last = block_cost(config, 1) if config.pool == "cls" else full
    written, dropped = ((config.depth - 1) * most + least for most, least in zip(full, last, strict=True))
    return sum(multiplications(config)), written, dropped


def block_cost(config: ViTConfig, queries: int) -> tuple[int, int]:
    """Return what one block writes down, and what dropout looks at there, when `queries` tokens ask."""
    N, D, M, Q = config.num_tokens, config.embed_dim, config.mlp_dim, queries
    asked = config.num_heads * Q * N  # entries of all attention matrices
    return 4 * N * D + Q * (4 * D + 3 * M) + 3 * asked, (Q * (2 * D + M) + asked) * (config.dropout > 0)


def peak_bytes(recipe: Recipe, images: int) -> int:
    """Return how much memory a training may take at once: one batch for the way back, or one being evaluated.

    It is generous: for eleven recipes of 0.3 to 2.4 GB the resident memory grew by 0.41 to 0.93 of what this says.
    """
    learned = min(recipe.training.batch_size, images) * (2 * image_cost(recipe.model)[1] + AUGMENTED)
    evaluated = EVALUATED_AT_ONCE * block_cost(recipe.model, recipe.model.num_tokens)[0]
    return 4 * max(learned, evaluated)
