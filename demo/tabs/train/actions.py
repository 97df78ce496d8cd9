"""What the buttons of the tab do: start, stop and follow a training, use its model, download it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from demo.page import NOTHING_YET, reads_with
from demo.tabs.train.experiments import BASE, experiment_settings
from demo.tabs.train.plan import limit_of, recipe_of
from demo.training.state import ENDS
from demo.training.training_queue import Jobs
from demo.weights import download_of
from train.config import Recipe

EXPIRED = "This model is no longer stored. Train it again."

Answer = tuple[Any, ...]
Mine = dict[str, str | None]  # what this visitor's browser remembers, as `demo.page.NOTHING_YET`


def stored_id(mine: object, name: str) -> str:
    """Return an id that the browser remembers, "" if there is none; the browser may send anything."""
    value = mine.get(name) if isinstance(mine, dict) else None
    return value if isinstance(value, str) else ""


def remember(mine: object, **changes: str | None) -> Mine:
    """Return what the browser remembers, with some of it changed."""
    return {name: stored_id(mine, name) or None for name in NOTHING_YET} | changes


# ---- start, stop, follow ----


def start(jobs: Jobs, mine: Mine, base: str, *settings: Any) -> tuple[Any, ...]:
    """Start a training with the settings of the controls, and stop the previous one."""
    try:
        recipe, seconds = recipe_of(base, *settings), limit_of(*settings)
    except ValueError as error:
        raise gr.Error(f"Not started: {error}.", print_exception=False) from None
    return start_recipe(jobs, mine, recipe, seconds)


def start_experiment(jobs: Jobs, mine: Mine, event: gr.EventData) -> tuple[Any, ...]:
    """Start an experiment by its name; return as `start_recipe`, the recipe's name and the settings."""
    asked = event._data if isinstance(event._data, dict) else {}
    try:
        settings = experiment_settings(asked.get("name"), asked.get("per_class"))
    except ValueError as error:
        raise gr.Error(f"Not started: {error}.", print_exception=False) from None
    return (*start(jobs, mine, BASE, *settings), BASE, *settings)


def start_recipe(
    jobs: Jobs, mine: Mine, recipe: Recipe, seconds: float = 0.0, gpu: bool | None = None
) -> tuple[Any, ...]:
    """Start a training and stop the previous one; return the browser's memory, and more as `poll`.

    A training that came with a link goes on: it may be that of somebody else.
    """
    try:
        job = jobs.start(recipe, seconds=seconds, gpu=gpu)
    except ValueError as error:
        raise gr.Error(f"Not started: {error}.", print_exception=False) from None
    if stored_id(mine, "job") != stored_id(mine, "linked"):
        jobs.stop(stored_id(mine, "job"))
    mine = remember(mine, job=job, linked=None)
    return (mine, *poll(jobs, mine))


def start_again(jobs: Jobs, mine: Mine, event: gr.EventData) -> tuple[Any, ...]:
    """Start a training again with other settings, as the page suggested; one that got no GPU, on the CPU."""
    asked = event._data or {}
    origin, change = jobs.origin(str(asked.get("job"))), asked.get("change")
    if origin is None or origin[1] is None or not isinstance(change, dict):
        raise gr.Error(EXPIRED, print_exception=False)
    try:
        recipe = replace(origin[1], training=replace(origin[1].training, **change))
    except (TypeError, ValueError) as error:
        raise gr.Error(f"Not started: {error}.", print_exception=False) from None
    state = jobs.state(str(asked.get("job")))
    if state is not None and state.gpu_failed:
        return start_recipe(jobs, mine, recipe, state.limit, gpu=False)
    return start_recipe(jobs, mine, recipe)


def with_event(action: Callable[[Jobs, Mine, gr.EventData], Answer], jobs: Jobs) -> Callable[..., Answer]:
    """Return an action of these jobs as a plain function: Gradio passes its event to no `partial`."""

    def handler(mine: Mine, event: gr.EventData) -> Answer:
        return action(jobs, mine, event)

    return handler


def stop(jobs: Jobs, mine: Mine) -> tuple[Any, ...]:
    """Stop the visitor's training; the model so far can be used."""
    jobs.stop(stored_id(mine, "job"))
    return poll(jobs, mine)


def poll(jobs: Jobs, mine: Mine) -> tuple[Any, ...]:
    """Return the state of the visitor's training, the button Start, and the timer."""
    state = jobs.state(stored_id(mine, "job"))
    running = state is not None and state.state not in ENDS
    return (
        state.pack() if state else None,
        gr.Button(interactive=not running),
        gr.Timer(active=running),
    )


def follow(jobs: Jobs, mine: Mine, event: gr.EventData) -> tuple[Any, ...]:
    """Follow the training that a link names, unless one of the visitor's own runs."""
    own, token = jobs.state(stored_id(mine, "job")), stored_id(event._data, "job")
    if jobs.state(token) and (own is None or own.state in ENDS):
        mine = remember(mine, job=token, linked=token)
    return (mine, *poll(jobs, mine))


# ---- the model that reads ----


def use(jobs: Jobs, mine: Mine, event: gr.EventData) -> tuple[Mine, dict[str, Any]]:
    """Read with the model of one of the visitor's trainings."""
    token = stored_id(event._data, "model")
    if jobs.model(token) is None:
        raise gr.Error(EXPIRED, print_exception=False)
    return remember(mine, reads=token), reads_with(token)


def remember_shipped(mine: Mine) -> Mine:
    """Remember that a shipped model reads."""
    return remember(mine, reads=None)


def remember_own(mine: Mine, event: gr.EventData) -> Mine:
    """Remember which of the visitor's own models reads."""
    return remember(mine, reads=stored_id(event._data, "model") or None)


def restore(jobs: Jobs, mine: Mine) -> tuple[Any, ...]:
    """Restore the visitor's training and the model that reads, when the page loads."""
    reads = stored_id(mine, "reads")
    return (reads_with(reads, remembered=True) if jobs.model(reads) else gr.skip(), *poll(jobs, mine))


def checkpoint(jobs: Jobs, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the model of `job` as a file: `name`, `type` and `data` in base64; or `error`."""
    job = payload.get("job") if isinstance(payload, dict) else None
    return download_of(jobs, job) or {"error": EXPIRED}
