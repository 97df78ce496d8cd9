"""Plan of a training: the recipe that the controls describe, its cost here, and a preview of its augmentation."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import gradio as gr
import torch

from demo.digit_sheets import sheet
from demo.requests import samples
from demo.training.cost import check, learned_images, seconds_estimate
from demo.training.gpu import MAX_SECONDS, zero_gpu
from demo.training.speed import RETRY_SECONDS
from demo.training.time_limit import check_limit, fit
from demo.training.training_queue import Jobs
from train.augment import augment
from train.config import AUGMENTATIONS, Recipe, TrainConfig, recipe
from train.datasets import DATASETS
from train.recipe_command import command
from vit import VisionTransformer, ViTConfig

MODEL = ("patch_size", "embed_dim", "depth", "num_heads", "mlp_dim", "norm", "pool", "positions", "dropout")
DATA = ("dataset", "per_class", "without")
TRAINING = ("epochs", "batch_size", "optimizer", "lr", "schedule", "weight_decay", "patch_dropout", "seed")
NAMES = (*MODEL, *DATA, *TRAINING, *AUGMENTATIONS, "seconds")  # of the controls, in their order
WHOLE_NUMBERS = {one.name for one in (*fields(ViTConfig), *fields(TrainConfig)) if type(one.default) is int}
TITLES = {"fast": "fast", "blog": "blog", "digits-4x4": "best"}  # of the recipes that the tab offers
# Short enough for a visitor to wait; the recipes themselves are longer.
EPOCHS = {"fast": 4, "blog": 2, "digits-4x4": 4}
PREVIEW_DIGITS = 20
RENEW_SECONDS = 3.0  # after which the time of a training may be known better
# How the time of a training was estimated, by `source` of `demo.training.speed.Speed`.
SOURCES = {
    "measured": "measured here with a few steps",
    "busy": "measured here with a few steps while the machine is busy",
    "running": "at the speed of the training that runs now",
    "estimated": "estimated from the model's size, because a training runs now",
}


def recipe_of(base: str, *settings: Any) -> Recipe:
    """Return the recipe that the controls describe; `settings` in the order of NAMES.

    Raises:
        ValueError: a setting is invalid; the message names it.
    """
    start, values = recipe(base), dict(zip(NAMES, settings, strict=True))
    values |= {name: whole_number(name, values[name]) for name in NAMES if name in WHOLE_NUMBERS}
    values["without"] = values["without"] or ()
    model = replace(start.model, **{name: values[name] for name in MODEL})
    no_shapes = {} if values["dataset"] == "mnist" else {"rare_shapes": 0.0}  # rare digit shapes are of digits alone
    training = {name: values[name] for name in (*DATA, *TRAINING, *AUGMENTATIONS)}
    return Recipe(model, replace(start.training, **training, **no_shapes)).with_classes()


def limit_of(*settings: Any) -> float:
    """Return the time limit that the controls say, in seconds; 0 for none.

    Raises:
        ValueError: it is no number, or too long.
    """
    return check_limit(settings[NAMES.index("seconds")])


def whole_number(name: str, value: object) -> int:
    """Check that a control's value is a whole number; the `ValueError` names the control."""
    if not isinstance(value, int | float) or isinstance(value, bool) or value % 1 != 0:
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    return int(value)


def settings_of(base: str) -> tuple[Any, ...]:
    """Return the values of the controls for a recipe."""
    chosen = recipe(base)
    values = {name: getattr(chosen.model, name) for name in MODEL}
    values |= {name: getattr(chosen.training, name) for name in (*DATA, *TRAINING, *AUGMENTATIONS)}
    return tuple((values | {"epochs": EPOCHS[base], "without": [], "seconds": 0})[name] for name in NAMES)


# ---- the plan; its time is renewed until it was measured on a free machine ----


def show_plan(jobs: Jobs, base: str, *settings: Any) -> tuple[str, dict[str, Any] | None, gr.Timer]:
    """Return the plan in words, the preview of the augmentation, and the timer that renews the plan."""
    text, chosen = describe(jobs, base, *settings)
    return text, preview(chosen.training) if chosen else None, renewal(jobs, chosen)


def renew_plan(jobs: Jobs, base: str, *settings: Any) -> tuple[str, gr.Timer]:
    """Return the plan in words with the time as it is known now, and the timer as in `show_plan`."""
    text, chosen = describe(jobs, base, *settings)
    return text, renewal(jobs, chosen)


def renew_soon() -> gr.Timer:
    """Return the timer for when a training has started: its real speed will be known soon."""
    return gr.Timer(RENEW_SECONDS, active=True)


def renewal(jobs: Jobs, chosen: Recipe | None) -> gr.Timer:
    """Return the timer that renews the plan of a recipe, slower if each renewal would measure again."""
    if chosen is None or zero_gpu() or jobs.settled(chosen):
        return gr.Timer(active=False)
    speed = jobs.speed(chosen)
    return gr.Timer(RETRY_SECONDS if speed and speed.source == "busy" else RENEW_SECONDS, active=True)


# ---- its parts ----


def describe(jobs: Jobs, base: str, *settings: Any) -> tuple[str, Recipe | None]:
    """Describe the training of the controls, and return its recipe; or None and why it is refused."""
    try:
        chosen = recipe_of(base, *settings)
        limit = limit_of(*settings)
        check(chosen.with_epochs(1) if limit else chosen)
    except ValueError as error:
        return f"**This cannot be trained:** {error}.", None
    if zero_gpu():
        length = cost_on_gpu(chosen, limit)
    else:
        length = cost_of_limit(jobs, chosen, limit) if limit else cost(jobs, chosen)
    return f"{size(chosen)}, {length}\n\n`{command(chosen)}`", chosen


def size(chosen: Recipe) -> str:
    """Describe the size of a model."""
    with torch.device("meta"):  # no memory, and no draw from the random generator that a training may be using
        parameters = VisionTransformer(chosen.model).num_params
    return f"{parameters:,} parameters, {chosen.model.num_patches} patches, {chosen.model.num_tokens} tokens"


def cost(jobs: Jobs, chosen: Recipe) -> str:
    """Describe how long a training takes here, and how that was estimated."""
    speed, steps = jobs.speed(chosen), steps_of(chosen)
    seconds = seconds_estimate(chosen) if speed is None else speed.seconds * steps
    source = SOURCES[speed.source if speed else "estimated"]
    return f"{steps:,} steps. This takes about {duration(seconds)}, {source}."


def cost_on_gpu(chosen: Recipe, limit: float) -> str:
    """Describe how long a training may take on ZeroGPU, whose speed is unknown before it starts."""
    most = duration(min(limit or MAX_SECONDS, MAX_SECONDS))
    if limit:
        return f"at most {most}. When it starts, the speed of the GPU is measured, and as much is chosen as fits."
    return f"{steps_of(chosen):,} steps. A GPU trains for at most {most}; then you get the model so far."


def steps_of(chosen: Recipe) -> int:
    """Return how many steps a training takes."""
    images = learned_images(chosen, None, available_images(chosen))
    return chosen.training.epochs * chosen.training.steps_an_epoch(images)


def cost_of_limit(jobs: Jobs, chosen: Recipe, limit: float) -> str:
    """Describe how much a training with a time limit learns here."""
    available = available_images(chosen)
    step = step_seconds(jobs, chosen, available)
    fitted = fit(chosen, limit, step, available).training
    images = learned_images(chosen.with_training(fitted), None, available)
    return (
        f"at most {duration(limit)}: here {fitted.epochs} epochs of about {images:,} images. When it starts, the "
        "speed of this machine is measured, and as much is chosen as fits."
    )


def step_seconds(jobs: Jobs, chosen: Recipe, available: int) -> float:
    """Return the seconds of a step of a recipe, measured if that is possible, else estimated."""
    speed = jobs.speed(chosen)
    if speed:
        return speed.seconds
    steps = chosen.training.steps_an_epoch(learned_images(chosen, None, available))
    return seconds_estimate(chosen.with_epochs(1)) / steps


def available_images(chosen: Recipe) -> int:
    """Return how many training images the data set of a recipe has."""
    return DATASETS[chosen.training.dataset].counts[0]


def duration(seconds: float) -> str:
    """Format a duration: `45 seconds`, `3 minutes`."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def preview(config: TrainConfig) -> dict[str, Any]:
    """Draw shipped digits as a training with these settings augments them."""
    images = torch.from_numpy(samples()[0][:PREVIEW_DIGITS])[:, None] / 255  # (n, 1, H, W)
    if config.augments:
        images = augment(images, config, torch.Generator().manual_seed(config.seed))
    return {"sheet": sheet(images[:, 0].clamp(0, 1)), "varied": config.augments}
