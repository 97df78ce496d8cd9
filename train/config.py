"""How a model is trained, as one frozen value, and the named recipes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from train.datasets import DATASETS
from vit.config import PRESETS, ViTConfig, check_whole
from vit.validation import check_choice, check_range

# How images are varied, and the largest amount of each.
AUGMENTATIONS = {
    "rotation": 180,
    "scale": 0.9,
    "aspect": 0.9,
    "shear": 1,
    "shift": 14,
    "elastic": 7,
    "thickness": 1,
}
AMOUNTS = ("uniform", "triangular")
MOST_EPOCHS, MOST_BATCH = 10**6, 10**6


@dataclass(frozen=True)
class TrainConfig:
    """Describe a training run. The defaults are the blog post's.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step.
        optimizer: `adam` for everything, or `muon` for the blocks' matrices with AdamW for the rest.
        lr: peak learning rate.
        weight_decay: L2 penalty for `adam`; decoupled, on matrices only, for `muon`.
        schedule: `constant`, or `linear` from the peak to zero.
        warmup: share of all steps, in [0, 0.99], over which the learning rate first climbs to its peak.
        whiten: standard deviation of the patches' main components as the patch embedding first gives them
            (`train.patch_whitening`); 0 begins with random weights.
        rotation: largest turn of an augmented image, degrees.
        scale: largest change of its size, as a share.
        aspect: largest change of its width against its height, as a share.
        shear: largest slant, as a share of the height.
        shift: largest move along each axis, pixels.
        elastic: largest bend, pixels: how far each of 5x5 points laid over the image is pulled along each axis.
        thickness: largest change of the strokes' thickness, as a share of one pixel on each side.
        amounts: how these are drawn from their ranges: `uniform`, or `triangular`, the likelier the nearer to none.
        patch_dropout: share of the batches that are seen with patches missing, in [0, 1].
        distill: share of the loss that asks for the answers of teachers (`train.distillation`), not for labels, in [0,
        1].
        temperature: by which logits are divided before teachers and model are compared.
        precision: of the arithmetic; `auto` is `bfloat16` where the processor has it, else `float32`.
        forms: digits in forms that are rare in MNIST (`train.synthetic.rare_digits`), written and added, as a share of
        its own.
        dataset: what is learned, one of `train.datasets.DATASETS`.
        per_class: images of each class that are learned, chosen at random; 0 for all there are.
        without: classes of which none is ever shown in training; validation and test keep them.
        val_size: training images held out for validation; 0 holds out none.
        seed: of the split, the first weights, the order and the augmentation.

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
    forms: float = 0.0
    dataset: str = "mnist"
    per_class: int = 0
    without: tuple[int, ...] = ()
    val_size: int = 5000
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole("epochs", self.epochs, 1, MOST_EPOCHS)
        check_whole("batch_size", self.batch_size, 1, MOST_BATCH)
        check_choice("optimizer", self.optimizer, ("adam", "muon"))
        check_choice("schedule", self.schedule, ("constant", "linear"))
        check_choice("amounts", self.amounts, AMOUNTS)
        check_choice("precision", self.precision, ("float32", "bfloat16", "auto"))
        check_range("lr", self.lr, 0, 1, low_open=True)
        check_range("weight_decay", self.weight_decay, 0, 1)
        check_range("warmup", self.warmup, 0, 0.99)
        check_range("whiten", self.whiten, 0, 10)
        for name, most in AUGMENTATIONS.items():
            check_range(name, getattr(self, name), 0, most)
        check_range("patch_dropout", self.patch_dropout, 0, 1)
        check_range("distill", self.distill, 0, 1)
        check_range("temperature", self.temperature, 0, 100, low_open=True)
        check_range("forms", self.forms, 0, 1)
        check_choice("dataset", self.dataset, tuple(DATASETS))
        if self.forms and self.dataset != "mnist":
            raise ValueError(f"forms must be 0 for all but MNIST, of whose digits they are, got {self.forms!r}")
        check_whole("per_class", self.per_class)
        object.__setattr__(self, "without", checked_classes(self.without, len(DATASETS[self.dataset].names)))
        check_whole("val_size", self.val_size)
        check_whole("seed", self.seed)

    def steps_an_epoch(self, images: int) -> int:
        """Return in how many steps so many images are learned once; the last may be a short one."""
        return ceil(images / self.batch_size)

    @property
    def augments(self) -> bool:
        """Whether any augmentation is asked for."""
        return self.warps or self.thickness > 0

    @property
    def warps(self) -> bool:
        """Whether any augmentation moves ink about."""
        return any((self.rotation, self.scale, self.aspect, self.shear, self.shift, self.elastic))


@dataclass(frozen=True)
class Recipe:
    """A model and the way it is trained."""

    model: ViTConfig
    training: TrainConfig

    def fitted(self) -> Recipe:
        """Return this recipe with a head for the classes of its data set, which are called as they are there."""
        names = DATASETS[self.training.dataset].names
        named = () if self.training.dataset == "mnist" else names  # digits are called as classes are anyhow
        return replace(self, model=replace(self.model, num_classes=len(names), names=named))


def checked_classes(classes: Sequence[int], num_classes: int) -> tuple[int, ...]:
    """Return the classes to leave out in order, also where they came as a list; raise a `ValueError` if they cannot."""
    known = set(range(num_classes))
    whole = isinstance(classes, (tuple, list)) and all(type(label) is int for label in classes)
    if not whole or not set(classes) < known or len(set(classes)) < len(classes):
        raise ValueError(f"without must be some of the classes 0 to {num_classes - 1}, each once, got {classes!r}")
    return tuple(sorted(classes))


OURS = TrainConfig(
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

# For what ships, at first: more varied hands, rarer forms, and in a quarter of the batches patches missing, to the end.
SHIPPED = replace(
    OURS,
    whiten=0.0,
    rotation=12.0,
    scale=0.12,
    aspect=0.15,
    shear=0.25,
    shift=2.0,
    elastic=1.5,
    thickness=0.6,
    patch_dropout=0.25,
    forms=0.1,
)

# Then: the same model goes on, and learns beside the labels what it and a better one answer.
TAUGHT = replace(SHIPPED, epochs=40, lr=4e-3, patch_dropout=0.15, distill=0.8)

RECIPES = {
    # The blog post's, as printed there (its num_classes = 100 is a slip: there are ten digits).
    "blog": Recipe(PRESETS["blog"], TrainConfig(precision="auto")),
    # Ours: 99 % within minutes on two CPU cores.
    "fast": Recipe(PRESETS["4x4"], OURS),
    # What made assets/digits-4x4.safetensors and assets/digits-7x7.safetensors, each in two runs: see the README.
    "digits-4x4": Recipe(PRESETS["digits-4x4"], replace(SHIPPED, epochs=200)),
    "digits-7x7": Recipe(PRESETS["digits-7x7"], replace(SHIPPED, epochs=60)),
    "taught-4x4": Recipe(PRESETS["digits-4x4"], replace(TAUGHT, amounts="triangular")),
    "taught-7x7": Recipe(PRESETS["digits-7x7"], replace(TAUGHT, epochs=22, lr=3e-3)),
}


def recipe(name: str) -> Recipe:
    """Return the recipe called `name`.

    Raises:
        ValueError: there is no such recipe; the message lists those there are.
    """
    check_choice("recipe", name, tuple(RECIPES))
    return RECIPES[name]
