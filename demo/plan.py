"""What the controls of tab "Train" amount to: a recipe, its cost here, and the look of its augmentation."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import torch

from demo.cost import MAX_BYTES, MAX_MINUTES, MAX_WEIGHTS, check, learned_images, peak_bytes, seconds_estimate
from demo.jobs import Jobs
from demo.reader import samples
from demo.sheets import sheet
from train.augment import augment
from train.config import AUGMENTATIONS, Recipe, TrainConfig, recipe
from train.datasets import DATASETS
from train.repeat import command
from vit import VisionTransformer, ViTConfig

MODEL = ("patch_size", "embed_dim", "depth", "num_heads", "mlp_dim", "norm", "pool", "positions", "dropout")
DATA = ("dataset", "per_class", "without")
TAUGHT = ("epochs", "batch_size", "optimizer", "lr", "schedule", "weight_decay", "patch_dropout", "seed")
NAMES = (*MODEL, *DATA, *TAUGHT, *AUGMENTATIONS)  # of the controls, in their order
WHOLE = {one.name for one in (*fields(ViTConfig), *fields(TrainConfig)) if type(one.default) is int}
# What a visitor waits for gladly; the whole recipes are a slider away.
EPOCHS = {"fast": 4, "blog": 2, "digits-4x4": 4}
SHOWN = 20  # digits of the preview


def recipe_of(base: str, *settings: Any) -> Recipe:
    """Return the recipe that the controls describe, `settings` in the order of NAMES.

    Raises:
        ValueError: no transformer or no training can be like that; the message names the value.
    """
    start, wanted = recipe(base), dict(zip(NAMES, settings, strict=True))
    wanted |= {name: whole(name, wanted[name]) for name in NAMES if name in WHOLE}
    wanted["without"] = wanted["without"] or ()
    model = replace(start.model, **{name: wanted[name] for name in MODEL})
    digits_alone = {} if wanted["dataset"] == "mnist" else {"forms": 0.0}  # rare forms are of digits
    taught = {name: wanted[name] for name in (*DATA, *TAUGHT, *AUGMENTATIONS)}
    return Recipe(model, replace(start.training, **taught, **digits_alone)).fitted()


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
    try:
        chosen = recipe_of(base, *settings)
        check(chosen)
    except ValueError as error:
        return f"**This cannot be trained:** {error}.", None
    return f"{size(chosen)}, {cost(jobs, chosen)}\n\n`{command(chosen)}`", preview(chosen.training)


def size(chosen: Recipe) -> str:
    """Say how large a model is."""
    with torch.device("meta"):  # numbers only: no memory, and no draw from the generator that a training may be using
        parameters = VisionTransformer(chosen.model).num_params
    return f"{parameters:,} parameters, {chosen.model.num_patches} patches, {chosen.model.num_tokens} tokens"


def cost(jobs: Jobs, chosen: Recipe) -> str:
    """Say how long a training will take on one processor core, and that this is within the limits."""
    images = learned_images(chosen, None, DATASETS[chosen.training.dataset].counts[0])
    step = jobs.seconds_per_step(chosen)
    steps = chosen.training.epochs * chosen.training.steps_an_epoch(images)
    seconds = seconds_estimate(chosen) if step is None else step * steps
    how = "reckoned, since a training runs now" if step is None else "from a few steps measured just now"
    memory = f"{peak_bytes(chosen, images) / 1e9:.2f}"
    allowed = f"{duration(seconds_estimate(chosen))} of {MAX_MINUTES} minutes, as reckoned for a free core"
    return (
        f"{steps:,} steps, about {duration(seconds)} on one processor core ({how}). "
        f"Within the limits: {allowed}, {memory} of {MAX_BYTES / 1e9:.0f} GB of memory, "
        f"up to {MAX_WEIGHTS:,} parameters."
    )


def duration(seconds: float) -> str:
    """Say a time as people do."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def preview(config: TrainConfig) -> dict[str, Any]:
    """Draw digits that ship as a training with these settings would see them."""
    images = torch.from_numpy(samples()[0][:SHOWN])[:, None] / 255  # (n, 1, H, W)
    seen = augment(images, config, torch.Generator().manual_seed(config.seed)) if config.augments else images
    return {"sheet": sheet(seen[:, 0].clamp(0, 1)), "varied": config.augments}
