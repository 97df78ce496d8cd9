"""The folded settings of the tab: the recipe, its controls, the plan of the training and the button Start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from demo.page import DIRECT, QUEUED, Shared
from demo.tabs.train import plan
from demo.tabs.train.controls import classes, controls

INTRO = """
`fast` is our recipe. `blog` is the blog post's own: its 2048-wide feed-forward makes each step several times slower.
`best` is that of the shipped model, which trains on more varied handwriting.
"""


@dataclass(frozen=True)
class Form:
    """The settings of a training.

    Attributes:
        base: the recipe to start from.
        controls: its settings by name.
        preview: view of the augmented digits.
        start: the button.
        renew: timer that renews the plan's time.
    """

    base: gr.Radio
    controls: dict[str, Any]
    preview: gr.HTML
    start: gr.Button
    renew: gr.Timer

    @property
    def inputs(self) -> list[Any]:
        """The recipe and its settings in the order of `plan.NAMES`."""
        return [self.base, *(self.controls[name] for name in plan.NAMES)]


def build(shared: Shared) -> Form:
    """Build the form and its own events."""
    with gr.Accordion("Settings", open=False, elem_id="training-settings") as fold:
        gr.Markdown(INTRO)
        titles = [(title, name) for name, title in plan.TITLES.items()]
        base = gr.Radio(titles, value="fast", label="Recipe")
        built, preview = controls()
        text, renew = gr.Markdown(elem_id="plan"), gr.Timer(plan.RENEW_SECONDS, active=False)
        with gr.Row(elem_id="training-buttons"):
            start = gr.Button("Start with these settings", variant="primary", min_width=90)
    form = Form(base, built, preview, start, renew)
    follow_controls(shared, form, fold, text)
    return form


def follow_controls(shared: Shared, form: Form, fold: gr.Accordion, text: gr.Markdown) -> None:
    """Set the controls for a recipe, and show the plan of what they say."""
    base, dataset = form.base, form.controls["dataset"]
    base.input(plan.settings_of, base, form.inputs[1:], api_name="settings", **DIRECT)
    dataset.input(offer_classes, dataset, form.controls["without"], api_name="classes", **DIRECT)
    outputs = [text, form.preview, form.renew]
    show = partial(plan.show_plan, shared.jobs)
    for control in form.inputs:
        control.change(show, form.inputs, outputs, api_name="plan", trigger_mode="always_last", **QUEUED)
    fold.expand(show, form.inputs, outputs, api_name="first_plan", **QUEUED)
    renew = partial(plan.renew_plan, shared.jobs)
    form.renew.tick(renew, form.inputs, [text, form.renew], api_name="renew", **QUEUED)


def offer_classes(dataset: str) -> gr.CheckboxGroup:
    """Offer the classes of a data set to leave out."""
    return gr.CheckboxGroup(classes(dataset), value=[])
