"""Training hyperparameters as one frozen value, and the named recipes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Literal

from train.datasets import DATASETS
from vit.config import PRESETS, ViTConfig, check_whole
from vit.validation import check_choice, check_range

# The augmentations, and the largest amount of each.
AUGMENTATIONS = {
    "rotation": 180,
    "scale": 0.9,
    "aspect": 0.9,
    "shear": 1,
    "shift": 14,
    "elastic": 7,
    "thickness": 1,
}
CHOICES = {
    "optimizer": ("adam", "muon"),
    "schedule": ("constant", "linear"),
    "amounts": ("uniform", "triangular"),
    "precision": ("float32", "bfloat16", "auto"),
    "dataset": tuple(DATASETS),
}
MAX_EPOCHS, MAX_BATCH_SIZE = 10**6, 10**6
RENAMED = {"forms": "rare_shapes"}  # fields that older versions saved under another name


@dataclass(frozen=True)
class TrainConfig:
    """Hyperparameters of a training run. The defaults are the blog post's.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step.
        optimizer: `adam` for everything, or `muon` for the blocks' matrices with AdamW for the rest.
        lr: peak learning rate.
        weight_decay: L2 penalty for `adam`; decoupled, on matrices only, for `muon`.
        schedule: `constant`, or `linear` from the peak to zero.
        warmup: share of all steps, in [0, 0.99], over which the learning rate first climbs to its peak.
        whiten: standard deviation of the patches' main components after a whitened patch embedding
            (`train.patch_whitening`); 0 starts with random weights.
        rotation: largest turn of an augmented image, degrees.
        scale: largest change of its size, as a share.
        aspect: largest stretch, either way: the width grows against the height by up to this share, or the height does.
        shear: largest slant, as a share of the height.
        shift: largest move along each axis, pixels.
        elastic: largest bend, pixels: how far each of 5x5 points on the image moves along each axis.
        thickness: largest change of the strokes' thickness, as a share of one pixel on each side.
        amounts: distribution of these over their ranges: `uniform`, or `triangular` with its peak at no change.
        patch_dropout: share of the batches in which patches are missing, in [0, 1].
        distill: weight of the teachers' predictions (`train.distillation`) in the loss, in [0, 1].
        temperature: divides the logits of teachers and model before they are compared.
        precision: of the arithmetic; `auto` is `bfloat16` where the processor has it, else `float32`.
        rare_shapes: synthetic digits in shapes that are rare in MNIST (`train.synthetic.rare_digits`), added to the
            training images, as a share of their number.
        dataset: name in `train.datasets.DATASETS`.
        per_class: training images of each class, chosen at random; 0 for all.
        without: classes that are left out of training; validation and test keep them.
        val_size: training images held out for validation; 0 for none.
        seed: of the split, the initial weights, the order and the augmentation.

    Raises:
        ValueError: a value is outside its range; the message names it.
    """

    epochs: int = 15
    batch_size: int = 128
    optimizer: Literal["adam", "muon"] = "adam"
    lr: float = 3e-4
    weight_decay: float = 1e-4
    schedule: Literal["constant", "linear"] = "constant"
    warmup: float = 0.0
    whiten: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    aspect: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    thickness: float = 0.0
    amounts: Literal["uniform", "triangular"] = "uniform"
    patch_dropout: float = 0.0
    distill: float = 0.0
    temperature: float = 2.0
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    rare_shapes: float = 0.0
    dataset: str = "mnist"
    per_class: int = 0
    without: tuple[int, ...] = ()
    val_size: int = 5000
    seed: int = 0

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            check_choice(name, getattr(self, name), choices)
        check_whole("epochs", self.epochs, 1, MAX_EPOCHS)
        check_whole("batch_size", self.batch_size, 1, MAX_BATCH_SIZE)
        for name in ("per_class", "val_size", "seed"):
            check_whole(name, getattr(self, name))
        check_range("lr", self.lr, 0, 1, low_open=True)
        check_range("warmup", self.warmup, 0, 0.99)
        check_range("whiten", self.whiten, 0, 10)
        check_range("temperature", self.temperature, 0, 100, low_open=True)
        for name in ("weight_decay", "patch_dropout", "distill", "rare_shapes"):
            check_range(name, getattr(self, name), 0, 1)
        for name, largest in AUGMENTATIONS.items():
            check_range(name, getattr(self, name), 0, largest)
        if self.rare_shapes and self.dataset != "mnist":
            raise ValueError(f"rare_shapes must be 0 for all data sets but MNIST, got {self.rare_shapes!r}")
        object.__setattr__(self, "without", checked_classes(self.without, len(DATASETS[self.dataset].names)))

    @classmethod
    def from_saved(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Build a configuration from saved values, as JSON has them, also those of older versions.

        Raises:
            TypeError: there is no such field.
            ValueError: a value is outside its range.
        """
        return cls(**{RENAMED.get(name, name): value for name, value in values.items()})

    def steps_an_epoch(self, images: int) -> int:
        """Return the number of batches in an epoch over `images` images; the last batch may be a short one."""
        return ceil(images / self.batch_size)

    @property
    def augments(self) -> bool:
        """Whether images are augmented."""
        return self.warps or self.thickness > 0

    @property
    def warps(self) -> bool:
        """Whether an augmentation moves the strokes."""
        return any((self.rotation, self.scale, self.aspect, self.shear, self.shift, self.elastic))


@dataclass(frozen=True)
class Recipe:
    """A model and its training."""

    model: ViTConfig
    training: TrainConfig

    def with_training(self, training: TrainConfig) -> Recipe:
        """Return this recipe with another training."""
        return replace(self, training=training)

    def with_epochs(self, epochs: int) -> Recipe:
        """Return this recipe with another number of epochs."""
        return replace(self, training=replace(self.training, epochs=epochs))

    def with_classes(self) -> Recipe:
        """Return this recipe with the number and names of its data set's classes in the model."""
        names = DATASETS[self.training.dataset].names
        stored = () if self.training.dataset == "mnist" else names  # digits are the default names
        return replace(self, model=replace(self.model, num_classes=len(names), names=stored))


def checked_classes(classes: Sequence[int], num_classes: int) -> tuple[int, ...]:
    """Sort the classes to leave out, a tuple or a list; raise a `ValueError` if they are none, or all of them."""
    known = set(range(num_classes))
    whole = isinstance(classes, (tuple, list)) and all(type(label) is int for label in classes)
    if not whole or not set(classes) < known or len(set(classes)) < len(classes):
        raise ValueError(f"without must be some of the classes 0 to {num_classes - 1}, each once, got {classes!r}")
    return tuple(sorted(classes))


FAST = TrainConfig(
    epochs=8,
    optimizer="muon",
    lr=8e-3,
    weight_decay=0.01,
    schedule="linear",
    warmup=0.05,
    whiten=0.5,
    rotation=8.0,
    scale=0.08,
    shear=0.1,
    shift=1.5,
    precision="auto",
)

# The shipped models first learn from stronger augmentation, rare shapes, and in a quarter of the batches fewer patches.
ROBUST = replace(
    FAST,
    whiten=0.0,
    rotation=12.0,
    scale=0.12,
    aspect=0.15,
    shear=0.25,
    shift=2.0,
    elastic=1.5,
    thickness=0.6,
    patch_dropout=0.25,
    rare_shapes=0.1,
)

# Then they learn from the labels and from the predictions of teachers: the model itself and a better one.
DISTILLED = replace(ROBUST, epochs=40, lr=4e-3, patch_dropout=0.15, distill=0.8)

RECIPES = {
    # The blog post's, as printed there (its num_classes = 100 is a slip: there are ten digits).
    "blog": Recipe(PRESETS["blog"], TrainConfig(precision="auto")),
    # 99 % within minutes on two CPU cores.
    "fast": Recipe(PRESETS["4x4"], FAST),
    # Two runs made each of assets/digits-4x4.safetensors and assets/digits-7x7.safetensors: see docs/training.md.
    "digits-4x4": Recipe(PRESETS["digits-4x4"], replace(ROBUST, epochs=200)),
    "digits-7x7": Recipe(PRESETS["digits-7x7"], replace(ROBUST, epochs=60)),
    "taught-4x4": Recipe(PRESETS["digits-4x4"], replace(DISTILLED, amounts="triangular")),
    "taught-7x7": Recipe(PRESETS["digits-7x7"], replace(DISTILLED, epochs=22, lr=3e-3)),
}


def recipe(name: str) -> Recipe:
    """Return the recipe called `name`.

    Raises:
        ValueError: there is no such recipe; the message lists all names.
    """
    check_choice("recipe", name, tuple(RECIPES))
    return RECIPES[name]
