"""Tab "Train": train a transformer of one's own, watch it learn, and let it read the drawing."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from demo.page import Shared, reads_with
from demo.tabs.train import curves_view, gradient_step, history, live_view, patch_costs_figure, status
from demo.tabs.train.controls import classes, controls
from demo.tabs.train.gradient_step.server import MOST_STEPS, Microscope
from demo.tabs.train.history.server import Runs
from demo.tabs.train.live_view.server import Watch
from demo.tabs.train.plan import NAMES, TITLES, duration, plan, recipe_of, settings_of, words
from demo.training.job import ENDS
from demo.training.jobs import Jobs
from demo.training.registry import IDLE, KEEP
from demo.training.serialize import training as training_state
from demo.training.speed import RETRY
from train.config import Recipe
from train.evaluation.patch_costs import PATCH_SIZES, Cost, costs_table, patch_costs

TITLE = "Train"
GONE = "This model is no longer kept. Train it again."
INTRO = """
## Can you train a better one?

Choose a recipe, change what you like, and press Start. `fast` is ours; `blog` is the blog post's own, with its
2048-wide feed-forward, which costs several times the work; `best` is the one that ships, which learns from more varied
hands. Try to never show it a 7, or to let it learn from ten images of each digit.
"""
PIXELS = """
Every token looks at every token: n tokens cost n². 16 patches make 17 tokens, single pixels would make 785. What
that comes to can be measured: one step of learning from one image, with patches of 14, 7, 4, 2 and 1 pixels.
"""

# The page says this beforehand, beside the buttons.
UNWATCHED = f"""
Training ends {IDLE:.0f} seconds after you close this page or your device goes to sleep. What the model has learned by
then is kept for {duration(KEEP)} after you last looked.
"""
RENEW = 3.0  # seconds between two looks at whether the time of a training can be measured better

Mine = dict[str, str | None]  # what this visitor's browser remembers, as `demo.page.NOTHING_YET`


def start(jobs: Jobs, mine: Mine, base: str, *settings: Any) -> tuple[Any, ...]:
    """Start a training as the controls say, in place of the one before; what cannot be is refused with the reason."""
    try:
        chosen = recipe_of(base, *settings)
    except ValueError as error:
        raise gr.Error(f"Not started: {error}.", print_exception=False) from None
    return begun(jobs, mine, chosen)


def begun(jobs: Jobs, mine: Mine, recipe: Recipe) -> tuple[Any, ...]:
    """Start a training, in place of the one before, and return what the page then shows."""
    try:
        job = jobs.start(recipe)
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
    return begun(jobs, mine, recipe)


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
        training_state(view) if view else None,
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


def other_classes(dataset: str) -> gr.CheckboxGroup:
    """Offer the classes of another data set, none of them left out."""
    return gr.CheckboxGroup(classes(dataset), value=[])


def planned(jobs: Jobs, base: str, *settings: Any) -> tuple[str, Any, gr.Timer]:
    """Return `plan`, and the timer that renews its time until that is measured on a free machine."""
    said, shown = plan(jobs, base, *settings)
    return said, shown, renewing(jobs, recipe_of(base, *settings) if shown else None)


def renewed(jobs: Jobs, base: str, *settings: Any) -> tuple[str, gr.Timer]:
    """Return the words of `plan` with the time as it is known now, and the timer as in `planned`."""
    said, chosen = words(jobs, base, *settings)
    return said, renewing(jobs, chosen)


def renewing(jobs: Jobs, chosen: Recipe | None) -> gr.Timer:
    """Return the timer for the time of a recipe, None where it cannot be trained; slower where a look measures."""
    if chosen is None or jobs.settled(chosen):
        return gr.Timer(active=False)
    speed = jobs.speed(chosen)
    return gr.Timer(RETRY if speed and speed.source == "busy" else RENEW, active=True)


def renewing_now() -> gr.Timer:
    """Return the timer that renews the time of the plan: a training begins, which shows how fast it really is."""
    return gr.Timer(RENEW, active=True)


def measure(jobs: Jobs, base: str, *settings: Any) -> Iterator[tuple[str, Any]]:
    """Measure what patches of every size would cost this model, one after another; tell what is known so far."""
    found: list[Cost] = []
    try:
        model = recipe_of(base, *settings).model
        for size in PATCH_SIZES:
            with jobs.alone() as free:
                if not free:
                    raise ValueError("a training runs, beside which times would be wrong; try again when it has ended")
                found += patch_costs(model, [size], seconds=2.0)
            yield costs_table(found), gr.Plot(patch_costs_figure.patch_costs(found), visible=True)
    except ValueError as error:
        raise gr.Error(f"Not measured: {error}.", print_exception=False) from None


def build(shared: Shared) -> None:
    """Lay the tab out and wire it."""
    gr.Markdown(INTRO, elem_classes="intro")
    base = gr.Radio([(title, name) for name, title in TITLES.items()], value="fast", label="Recipe")
    with gr.Accordion("Architecture, training and data", open=False):
        found, shown = controls()
        settings = [found[name] for name in NAMES]
    with gr.Accordion("Why patches, and not pixels?", open=False):
        gr.Markdown(PIXELS)
        ask = gr.Button("Measure it here, with the model above", min_width=90)
        costs, drawn = gr.Markdown(elem_id="patch-costs"), gr.Plot(show_label=False, visible=False)
    said = gr.Markdown(elem_id="plan")
    with gr.Row(elem_id="training-buttons"):
        go = gr.Button("Start", variant="primary", min_width=90)
        end = gr.Button("Stop", interactive=False, min_width=90)
        take = gr.Button("Use this model", interactive=False, min_width=140)
    gr.Markdown(UNWATCHED, elem_id="unwatched")
    renew = gr.Timer(RENEW, active=False)
    follower = Watch(shared.reader, shared.jobs)
    progress = status.build(partial(checkpoint, shared.jobs), follower.control, follower.change)
    live_view.build(follower.now, follower.film, follower.strip)
    curves_view.build(follower.change)
    kept = Runs(shared.reader, shared.jobs)
    listed = history.build(kept.list, kept.compare, kept.forget, partial(checkpoint, shared.jobs))
    state = [progress, go, end, take, shared.timer]
    gradient_step.build(Microscope(shared.reader).look, MOST_STEPS)

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    told, forecast = [base, *settings], partial(planned, shared.jobs)
    base.input(settings_of, base, settings, api_name="settings", **quiet)
    found["dataset"].input(other_classes, found["dataset"], found["without"], api_name="classes", **quiet)
    for control in told:
        control.change(forecast, told, [said, shown, renew], api_name="plan", trigger_mode="always_last", **quiet)
    shared.page.load(forecast, told, [said, shown, renew], api_name="first_plan", **quiet)
    renew.tick(partial(renewed, shared.jobs), told, [said, renew], api_name="renew", **quiet)
    ask.click(partial(measure, shared.jobs), told, [costs, drawn], api_name="patch_costs", api_visibility="private")
    asked = [shared.mine, base, *settings]
    began = go.click(partial(start, shared.jobs), asked, [shared.mine, *state], api_name="start", **quiet)
    end.click(partial(stop, shared.jobs), shared.mine, state, api_name="stop", **quiet)
    shared.timer.tick(partial(poll, shared.jobs), shared.mine, state, api_name="poll", **quiet)
    repeated = progress.again(restarter(shared.jobs), shared.mine, [shared.mine, *state], api_name="again", **quiet)
    for event, name in ((began, "renew_started"), (repeated, "renew_repeated")):
        event.success(renewing_now, None, renew, api_name=name, **quiet)
    listed.use(use_one, shared.mine, [shared.mine, shared.pad], api_name="use_one", **quiet)
    take.click(partial(use, shared.jobs), shared.mine, [shared.mine, shared.pad], api_name="use", **quiet)
    shared.pad.shipped(shipped_again, shared.mine, shared.mine, api_name="shipped", **quiet)
    shared.pad.own(own_again, shared.mine, shared.mine, api_name="own", **quiet)
    shared.page.load(partial(welcome_back, shared.jobs), shared.mine, [shared.pad, *state], api_name="load", **quiet)
