"""Tab "Train": train a transformer of one's own, watch it learn, and let it read the drawing."""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import torch

from demo import wire
from demo.components import curves, microscope, runs, training, watch
from demo.cost import check, seconds_estimate
from demo.job import ENDS
from demo.jobs import Jobs
from demo.microscope import MOST_STEPS, Microscope
from demo.runs import Runs
from demo.shared import Shared
from demo.watch import Watch
from train.config import Recipe, recipe
from vit import VisionTransformer

TITLE = "Train"
# What a visitor waits for gladly; the whole recipes (8 and 15 epochs) are a slider away.
EPOCHS = {"fast": 4, "blog": 2}
ALL_IMAGES = 55_000
GONE = "This model is no longer kept. Train it again."
INTRO = """
## Can you train a better one?

Choose a recipe, change what you like, and press Start. `fast` is ours; `blog` is the blog post's own, with its
2048-wide feed-forward, which costs several times the work.
"""

Settings = tuple[Any, ...]  # the values of the controls, in the order of `controls`
Mine = dict[str, str | None]  # what this visitor's browser remembers, as `demo.shared.NOTHING_YET`


def recipe_of(base: str, *settings: Any) -> tuple[Recipe, int]:
    """Return the recipe that the controls describe and how many images it trains on.

    Raises:
        ValueError: no transformer or no training can be like that; the message names the value.
    """
    patch_size, embed_dim, depth, num_heads, mlp_dim, epochs, images, batch_size, lr, seed = settings
    start = recipe(base)
    sizes = {
        "patch_size": patch_size,
        "embed_dim": embed_dim,
        "depth": depth,
        "num_heads": num_heads,
        "mlp_dim": mlp_dim,
    }
    counts = {"epochs": epochs, "batch_size": batch_size, "seed": seed}
    model = replace(start.model, **{name: whole(name, value) for name, value in sizes.items()})
    taught = replace(start.training, lr=lr, **{name: whole(name, value) for name, value in counts.items()})
    return Recipe(model, taught), whole("images", images)


def whole(name: str, value: object) -> int:
    """Return a control's value as a whole number; a `ValueError` names the control otherwise."""
    if not isinstance(value, int | float) or value % 1 != 0:
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    return int(value)


def duration(seconds: float) -> str:
    """Say a time as people do."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def settings_of(base: str) -> Settings:
    """Return what the controls show for a recipe."""
    chosen = recipe(base)
    model, taught = chosen.model, chosen.training
    sizes = (model.patch_size, model.embed_dim, model.depth, model.num_heads, model.mlp_dim)
    return (*sizes, EPOCHS[base], ALL_IMAGES, taught.batch_size, taught.lr, taught.seed)


def plan(base: str, *settings: Any) -> str:
    """Say what the controls amount to, or why it cannot be."""
    try:
        chosen, images = recipe_of(base, *settings)
        check(chosen, images)
    except ValueError as error:
        return f"**This cannot be trained:** {error}."
    with torch.device("meta"):  # numbers only: no memory, and no draw from the generator that a training may be using
        weights = VisionTransformer(chosen.model).num_params
    patches = f"{chosen.model.num_patches} patches of {chosen.model.patch_size}×{chosen.model.patch_size}"
    return f"{weights:,} weights, {patches}, about {duration(seconds_estimate(chosen, images))} on one processor core."


def start(jobs: Jobs, mine: Mine, base: str, *settings: Any) -> tuple[Any, ...]:
    """Start a training as the controls say, in place of the one before; what cannot be is refused with the reason."""
    try:
        chosen, images = recipe_of(base, *settings)
    except ValueError as error:
        raise gr.Error(f"Not started: {error}.", print_exception=False) from None
    return begun(jobs, mine, chosen, images)


def begun(jobs: Jobs, mine: Mine, recipe: Recipe, images: int | None) -> tuple[Any, ...]:
    """Start a training, in place of the one before, and return what the page then shows."""
    try:
        job = jobs.start(recipe, max_images=images)
    except ValueError as error:
        raise gr.Error(f"Not started: {error}.", print_exception=False) from None
    jobs.stop(known(mine, "job"))
    mine = {"job": job, "reads": known(mine, "reads") or None}
    return (mine, *poll(jobs, mine))


def again(jobs: Jobs, mine: Mine, event: gr.EventData) -> tuple[Any, ...]:
    """Start a training again with some other settings, as the page has proposed."""
    asked = event._data or {}
    made, change = jobs.made(str(asked.get("job"))), asked.get("change")
    if made is None or made[1] is None or not isinstance(change, dict):
        raise gr.Error(GONE, print_exception=False)
    try:
        recipe = replace(made[1], training=replace(made[1].training, **change))
    except (TypeError, ValueError) as error:
        raise gr.Error(f"Not started: {error}.", print_exception=False) from None
    return begun(jobs, mine, recipe, None)


def restarter(jobs: Jobs) -> Callable[[Mine, gr.EventData], tuple[Any, ...]]:
    """Return `again` for these jobs as a plain function, to which alone Gradio hands an event."""

    def start_again(mine: Mine, event: gr.EventData) -> tuple[Any, ...]:
        return again(jobs, mine, event)

    return start_again


def known(mine: object, name: str) -> str:
    """Return an id that the browser remembers, "" when there is none; what it sends may be anything."""
    value = mine.get(name) if isinstance(mine, dict) else None
    return value if isinstance(value, str) else ""


def stop(jobs: Jobs, mine: Mine) -> tuple[Any, ...]:
    """Stop the visitor's training; what it has learned stays."""
    jobs.stop(known(mine, "job"))
    return poll(jobs, mine)


def poll(jobs: Jobs, mine: Mine) -> tuple[Any, ...]:
    """Return the state of the visitor's training for the view, the buttons and the timer."""
    view = jobs.view(known(mine, "job"))
    running = view is not None and view.state not in ENDS
    can_use = view is not None and view.can_use
    return (
        wire.training(view) if view else None,
        gr.Button(interactive=not running),
        gr.Button(interactive=running),
        gr.Button(interactive=can_use),
        gr.Timer(active=running),
    )


def use(jobs: Jobs, mine: Mine) -> tuple[Mine, dict[str, Any]]:
    """Let the pad read with the visitor's own model."""
    job = known(mine, "job")
    if jobs.model(job) is None:
        raise gr.Error(GONE, print_exception=False)
    return {"job": job, "reads": job}, reads_with(job)


def use_one(mine: Mine, event: gr.EventData) -> tuple[Mine, dict[str, Any]]:
    """Let the pad read with one of the visitor's trainings."""
    token = str((event._data or {}).get("model"))
    return {"job": known(mine, "job") or None, "reads": token}, reads_with(token)


def reads_with(token: str, remembered: bool = False) -> dict[str, Any]:
    """Return the value that makes the pad read with a model; the time makes every wish a new one.

    One that the browser only `remembered` gives way to what the visitor has chosen on this page.
    """
    return {"model": token, "remembered": remembered, "asked": time.time_ns()}


def shipped_again(mine: Mine) -> Mine:
    """Remember that the visitor went back to a shipped model."""
    return {"job": known(mine, "job") or None, "reads": None}


def own_again(mine: Mine, event: gr.EventData) -> Mine:
    """Remember that the visitor took up their own model again."""
    return {"job": known(mine, "job") or None, "reads": known(event._data, "model") or None}


def welcome_back(jobs: Jobs, mine: Mine) -> tuple[Any, ...]:
    """Find the visitor's training again after a reload, and the model that they were using."""
    reads = known(mine, "reads")
    return (reads_with(reads, remembered=True) if jobs.model(reads) else gr.skip(), *poll(jobs, mine))


def checkpoint(jobs: Jobs, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the visitor's model as a file: `name`, `type` and `data` in base64; or `error`."""
    job = payload.get("job") if isinstance(payload, dict) else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inkling.safetensors"
        if not isinstance(job, str) or not jobs.save(job, path):
            return {"error": GONE}
        data = base64.b64encode(path.read_bytes()).decode()
    return {"name": path.name, "type": "application/octet-stream", "data": data}


def controls() -> list[gr.Radio | gr.Slider | gr.Number]:
    """Lay out the controls of a recipe, in the order of `recipe_of`'s settings."""
    patch_size, embed_dim, depth, num_heads, mlp_dim, epochs, images, batch_size, lr, seed = settings_of("fast")
    with gr.Row():
        with gr.Column(min_width=260):
            gr.Markdown("#### Architecture")
            sizes = [(f"{side}×{side} pixels, {(28 // side) ** 2} patches", side) for side in (14, 7, 4, 2)]
            architecture = [
                gr.Radio(sizes, value=patch_size, label="Patch size"),
                gr.Slider(16, 128, embed_dim, step=8, label="Width (embed_dim)", info="numbers that describe a token"),
                gr.Slider(1, 6, depth, step=1, label="Depth", info="blocks, one after another"),
                gr.Radio([1, 2, 3, 4, 6, 8], value=num_heads, label="Heads", info="must divide the width"),
                gr.Slider(16, 2048, mlp_dim, step=16, label="Feed-forward width (mlp_dim)"),
            ]
        with gr.Column(min_width=260):
            gr.Markdown("#### Training")
            taught = [
                gr.Slider(1, 20, epochs, step=1, label="Epochs", info="passes over the images"),
                gr.Slider(1000, ALL_IMAGES, images, step=1000, label="Training images"),
                gr.Radio([32, 64, 128, 256, 512], value=batch_size, label="Batch size", info="images a step"),
                gr.Number(lr, label="Peak learning rate", minimum=1e-6, maximum=1, step=1e-4),
                gr.Number(seed, label="Seed", precision=0, minimum=0, info="the same seed repeats a training"),
            ]
    return [*architecture, *taught]


def build(shared: Shared) -> None:
    """Lay the tab out and wire it."""
    gr.Markdown(INTRO, elem_classes="intro")
    base = gr.Radio(["fast", "blog"], value="fast", label="Recipe")
    with gr.Accordion("Architecture and hyperparameters", open=False):
        settings = controls()
    said = gr.Markdown(plan("fast", *settings_of("fast")), elem_id="plan")
    with gr.Row(elem_id="training-buttons"):
        go = gr.Button("Start", variant="primary", min_width=90)
        end = gr.Button("Stop", interactive=False, min_width=90)
        take = gr.Button("Use this model", interactive=False, min_width=140)
    follower = Watch(shared.reader, shared.jobs)
    progress = training.build(partial(checkpoint, shared.jobs), follower.control, follower.change)
    watch.build(follower.now, follower.film, follower.strip)
    curves.build(follower.change)
    kept = Runs(shared.reader, shared.jobs)
    listed = runs.build(kept.list, kept.compare, kept.forget, partial(checkpoint, shared.jobs))
    state = [progress, go, end, take, shared.timer]

    microscope.build(Microscope(shared.reader).look, MOST_STEPS)

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    base.input(settings_of, base, settings, api_name="settings", **quiet)
    for control in (base, *settings):
        control.change(plan, [base, *settings], said, api_name="plan", trigger_mode="always_last", **quiet)
    asked = [shared.mine, base, *settings]
    go.click(partial(start, shared.jobs), asked, [shared.mine, *state], api_name="start", **quiet)
    end.click(partial(stop, shared.jobs), shared.mine, state, api_name="stop", **quiet)
    shared.timer.tick(partial(poll, shared.jobs), shared.mine, state, api_name="poll", **quiet)
    progress.again(restarter(shared.jobs), shared.mine, [shared.mine, *state], api_name="again", **quiet)
    listed.use(use_one, shared.mine, [shared.mine, shared.pad], api_name="use_one", **quiet)
    take.click(partial(use, shared.jobs), shared.mine, [shared.mine, shared.pad], api_name="use", **quiet)
    shared.pad.shipped(shipped_again, shared.mine, shared.mine, api_name="shipped", **quiet)
    shared.pad.own(own_again, shared.mine, shared.mine, api_name="own", **quiet)
    shared.page.load(partial(welcome_back, shared.jobs), shared.mine, [shared.pad, *state], api_name="load", **quiet)
