"""What the controls of tab "Train" amount to: a recipe, its cost here, and the look of its augmentation."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import torch

from demo.digit_sheets import sheet
from demo.requests import samples
from demo.training.cost import MAX_BYTES, MAX_MINUTES, MAX_WEIGHTS, check, learned_images, peak_bytes, seconds_estimate
from demo.training.jobs import Jobs
from train.augment import augment
from train.config import AUGMENTATIONS, Recipe, TrainConfig, recipe
from train.datasets import DATASETS
from train.recipe_command import command
from vit import VisionTransformer, ViTConfig

MODEL = ("patch_size", "embed_dim", "depth", "num_heads", "mlp_dim", "norm", "pool", "positions", "dropout")
DATA = ("dataset", "per_class", "without")
TAUGHT = ("epochs", "batch_size", "optimizer", "lr", "schedule", "weight_decay", "patch_dropout", "seed")
NAMES = (*MODEL, *DATA, *TAUGHT, *AUGMENTATIONS)  # of the controls, in their order
WHOLE = {one.name for one in (*fields(ViTConfig), *fields(TrainConfig)) if type(one.default) is int}
TITLES = {"fast": "fast", "blog": "blog", "digits-4x4": "best"}  # of the recipes that the tab offers
# What a visitor waits for gladly; the whole recipes are a slider away.
EPOCHS = {"fast": 4, "blog": 2, "digits-4x4": 4}
SHOWN = 20  # digits of the preview
# How the time of a training is known, by the source of its `demo.training.speed.Speed`.
HOW = {
    "measured": "measured here with a few steps",
    "busy": "measured here with a few steps while the machine is busy; this is measured again when it is free",
    "running": "at the speed of the training that runs now",
    "estimated": "estimated from the model's size, because a training runs now; this is measured when it has ended",
}


def recipe_of(base: str, *settings: Any) -> Recipe:
    """Return the recipe that the controls describe, `settings` in the order of NAMES.

    Raises:
        ValueError: no transformer or no training can be like that; the message names the value.
    """
    start, wanted = recipe(base), dict(zip(NAMES, settings, strict=True))
    wanted |= {name: whole(name, wanted[name]) for name in NAMES if name in WHOLE}
    wanted["without"] = wanted["without"] or ()
    model = replace(start.model, **{name: wanted[name] for name in MODEL})
    digits_alone = {} if wanted["dataset"] == "mnist" else {"rare_shapes": 0.0}  # these are shapes of digits
    taught = {name: wanted[name] for name in (*DATA, *TAUGHT, *AUGMENTATIONS)}
    return Recipe(model, replace(start.training, **taught, **digits_alone)).with_classes()


def whole(name: str, value: object) -> int:
    """Return a control's value as a whole number; a `ValueError` names the control otherwise."""
    if not isinstance(value, int | float) or isinstance(value, bool) or value % 1 != 0:
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    return int(value)


def settings_of(base: str) -> tuple[Any, ...]:
    """Return what the controls show for a recipe."""
    chosen = recipe(base)
    known = {name: getattr(chosen.model, name) for name in MODEL}
    known |= {name: getattr(chosen.training, name) for name in (*DATA, *TAUGHT, *AUGMENTATIONS)}
    return tuple((known | {"epochs": EPOCHS[base], "without": []})[name] for name in NAMES)


def plan(jobs: Jobs, base: str, *settings: Any) -> tuple[str, dict[str, Any] | None]:
    """Say what the controls amount to, or why it cannot be; and show what augmentation does."""
    said, chosen = words(jobs, base, *settings)
    return said, preview(chosen.training) if chosen else None


def words(jobs: Jobs, base: str, *settings: Any) -> tuple[str, Recipe | None]:
    """Say what the controls amount to, and return their recipe; None where it cannot be trained, and why not."""
    try:
        chosen = recipe_of(base, *settings)
        check(chosen)
    except ValueError as error:
        return f"**This cannot be trained:** {error}.", None
    return f"{size(chosen)}, {cost(jobs, chosen)}\n\n`{command(chosen)}`", chosen


def size(chosen: Recipe) -> str:
    """Say how large a model is."""
    with torch.device("meta"):  # numbers only: no memory, and no draw from the generator that a training may be using
        parameters = VisionTransformer(chosen.model).num_params
    return f"{parameters:,} parameters, {chosen.model.num_patches} patches, {chosen.model.num_tokens} tokens"


def cost(jobs: Jobs, chosen: Recipe) -> str:
    """Say how long a training will take here, how that is known, and what the limits are."""
    images = learned_images(chosen, None, DATASETS[chosen.training.dataset].counts[0])
    speed = jobs.speed(chosen)
    steps = chosen.training.epochs * chosen.training.steps_an_epoch(images)
    seconds = seconds_estimate(chosen) if speed is None else speed.seconds * steps
    how = HOW[speed.source if speed else "estimated"]
    return (
        f"{steps:,} steps. This takes about {duration(seconds)}, {how}. It needs up to "
        f"{peak_bytes(chosen, images) / 1e9:.2f} GB of memory. The limits are {MAX_MINUTES} minutes on a free "
        f"processor core, {MAX_BYTES / 1e9:.0f} GB and {MAX_WEIGHTS:,} parameters."
    )


def duration(seconds: float) -> str:
    """Say a time as people do."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def preview(config: TrainConfig) -> dict[str, Any]:
    """Draw digits that ship as a training with these settings would see them."""
    images = torch.from_numpy(samples()[0][:SHOWN])[:, None] / 255  # (n, 1, H, W)
    seen = augment(images, config, torch.Generator().manual_seed(config.seed)) if config.augments else images
    return {"sheet": sheet(seen[:, 0].clamp(0, 1)), "varied": config.augments}
