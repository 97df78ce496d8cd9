"""Tab "Train": train your own transformer, watch it learn, and use it to read the drawing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from demo.page import Shared
from demo.tabs.train import actions, curves_view, gradient_step, history, live_view, patch_costs, plan, status
from demo.tabs.train.controls import classes, controls
from demo.tabs.train.gradient_step.server import MAX_STEPS, GradientStep
from demo.tabs.train.history.server import History
from demo.tabs.train.live_view.server import LiveView
from demo.training.watched_jobs import EXPIRE_SECONDS, IDLE_SECONDS

TITLE = "Train"
INTRO = """
## Can you train a better one?

Choose a recipe, change what you like, and press Start. `fast` is ours. `blog` is the blog post's own: its 2048-wide
feed-forward makes each step several times slower. `best` is that of the shipped model, which trains on more varied
handwriting. Try to never show it a 7, or to train on ten images of each digit.
"""
# What happens when the visitor leaves; it stands next to the buttons.
UNWATCHED = f"""
Training ends {IDLE_SECONDS:.0f} seconds after you close this page or your device goes to sleep. The model so far is
kept for {plan.duration(EXPIRE_SECONDS)} after you last looked.
"""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


@dataclass(frozen=True)
class Form:
    """The controls above the buttons.

    Attributes:
        base: the recipe to start from.
        controls: its settings by name.
        preview: view of the augmented digits.
    """

    base: gr.Radio
    controls: dict[str, Any]
    preview: gr.HTML

    @property
    def inputs(self) -> list[Any]:
        """The recipe and its settings in the order of `plan.NAMES`."""
        return [self.base, *(self.controls[name] for name in plan.NAMES)]


def build(shared: Shared) -> None:
    """Build the tab and its events."""
    gr.Markdown(INTRO, elem_classes="intro")
    form = build_form()
    build_patch_costs(shared, form)
    renew = build_plan(shared, form)
    build_training(shared, form, renew)


def build_form() -> Form:
    """Build the controls of a recipe."""
    titles = [(title, name) for name, title in plan.TITLES.items()]
    base = gr.Radio(titles, value="fast", label="Recipe")
    with gr.Accordion("Architecture, training and data", open=False):
        form = Form(base, *controls())
    base.input(plan.settings_of, base, form.inputs[1:], api_name="settings", **QUIET)
    dataset, without = form.controls["dataset"], form.controls["without"]
    dataset.input(offer_classes, dataset, without, api_name="classes", **QUIET)
    return form


def offer_classes(dataset: str) -> gr.CheckboxGroup:
    """Offer the classes of a data set to leave out."""
    return gr.CheckboxGroup(classes(dataset), value=[])


def build_patch_costs(shared: Shared, form: Form) -> None:
    """Build the section that measures patches of each size."""
    with gr.Accordion("Why patches, and not pixels?", open=False):
        gr.Markdown(patch_costs.INTRO)
        button = gr.Button("Measure it here, with the model above", min_width=90)
        outputs = [gr.Markdown(elem_id="patch-costs"), gr.Plot(show_label=False, visible=False)]
    measure = partial(patch_costs.measure, shared.jobs)
    button.click(measure, form.inputs, outputs, api_name="patch_costs", api_visibility="private")


def build_plan(shared: Shared, form: Form) -> gr.Timer:
    """Build the plan of the training; return the timer that renews its time."""
    text, renew = gr.Markdown(elem_id="plan"), gr.Timer(plan.RENEW_SECONDS, active=False)
    outputs = [text, form.preview, renew]
    show = partial(plan.show_plan, shared.jobs)
    for control in form.inputs:
        control.change(show, form.inputs, outputs, api_name="plan", trigger_mode="always_last", **QUIET)
    shared.page.load(show, form.inputs, outputs, api_name="first_plan", **QUIET)
    renew.tick(partial(plan.renew_plan, shared.jobs), form.inputs, [text, renew], api_name="renew", **QUIET)
    return renew


def build_training(shared: Shared, form: Form, renew: gr.Timer) -> None:
    """Build the buttons and the views of the training."""
    jobs, mine, pad = shared.jobs, shared.mine, shared.pad
    with gr.Row(elem_id="training-buttons"):
        start = gr.Button("Start", variant="primary", min_width=90)
        stop = gr.Button("Stop", interactive=False, min_width=90)
        use = gr.Button("Use this model", interactive=False, min_width=140)
    gr.Markdown(UNWATCHED, elem_id="unwatched")
    checkpoint = partial(actions.checkpoint, jobs)
    live, runs = LiveView(shared.reader, jobs), History(shared.reader, jobs)
    progress = status.build(checkpoint, live.control, live.change)
    live_view.build(live.now, live.snapshots, live.test_digits)
    curves_view.build(live.change)
    listed = history.build(runs.list, runs.compare, runs.forget, checkpoint)
    gradient_step.build(GradientStep(shared.reader).look, MAX_STEPS)

    state = [progress, start, stop, use, shared.timer]
    started = start.click(partial(actions.start, jobs), [mine, *form.inputs], [mine, *state], api_name="start", **QUIET)
    repeated = progress.again(actions.start_again_handler(jobs), mine, [mine, *state], api_name="again", **QUIET)
    for event, name in ((started, "renew_started"), (repeated, "renew_repeated")):
        event.success(plan.renew_soon, None, renew, api_name=name, **QUIET)
    stop.click(partial(actions.stop, jobs), mine, state, api_name="stop", **QUIET)
    shared.timer.tick(partial(actions.poll, jobs), mine, state, api_name="poll", **QUIET)
    use.click(partial(actions.use, jobs), mine, [mine, pad], api_name="use", **QUIET)
    listed.use(actions.use_run, mine, [mine, pad], api_name="use_one", **QUIET)
    pad.shipped(actions.remember_shipped, mine, mine, api_name="shipped", **QUIET)
    pad.own(actions.remember_own, mine, mine, api_name="own", **QUIET)
    shared.page.load(partial(actions.restore, jobs), mine, [pad, *state], api_name="load", **QUIET)
