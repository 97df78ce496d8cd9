"""The views of the page as a static page has them, taken from the Gradio page itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gradio as gr

from demo.app import build
from demo.component import place_of
from demo.steps import STEPS, Step, name_of

LEFT_OUT = {"teach", "symbols", "test", "race", "smallest_change", "influence"}  # they need a server for everything
TRAIN = "train"  # most of its views train on a server; here stand a recorded training, and how to train for oneself
WATCHED = ("tabs/train/live_view", "tabs/train/curves_view")  # which show the recorded training
RECORDED = "export/training"
HERE = Path(__file__).parent
LEFT_OUT_TOURS = {"train_one"}
MAKE_TASK = "Take on a challenge, or watch how a model learned to read."
ADVICE = r'<p class="advice">.*?</p>'
RATES = r"<summary>.*?</summary>"
SETTINGS = r'\n  <div class="settings".*?</div>\n  <p class="unit">.*?</p>'


@dataclass(frozen=True)
class View:
    """One component of the page.

    Attributes:
        place: its folder below `demo/`.
        elem_id: of the component in the page.
        html: the static template.
        css: the style, to be nested in the rule of the component.
        props: what reaches its script.
        functions: names of its server functions.
    """

    place: str
    elem_id: str
    html: str
    css: str
    props: dict[str, Any] = field(default_factory=dict)
    functions: tuple[str, ...] = ()


def gradio_views() -> dict[str, View]:
    """Return the components of the Gradio page by their folder."""
    parts = [block for block in build().blocks.values() if isinstance(block, gr.HTML)]
    return {place: as_view(place, part) for part in parts if (place := place_of(part))}


def as_view(place: str, part: gr.HTML) -> View:
    """Return what a static page needs of a component."""
    names = tuple(function.__name__ for function in part.server_fns)
    return View(place, str(part.elem_id), str(part.html_template), str(part.css_template), dict(part.props), names)


def static_views() -> dict[str, View]:
    """Return the views of the static page by their folder, with what their scripts get there."""
    views = {place: view for place, view in gradio_views().items() if not is_left_out(place)}
    steps = static_steps()
    for place in ("navigation", "navigation/next_question", "links"):
        views[place].props["steps"] = steps
    tours = [tour for tour in views["tours"].props["tours"] if tour["id"] not in LEFT_OUT_TOURS]
    views["tours"].props["tours"] = tours
    views["links"].props["tours"] = [{"id": tour["id"], "title": tour["title"]} for tour in tours]
    views["glossary"].props["terms"] = [static_term(term) for term in views["glossary"].props["terms"]]
    views["shared_column/pad"].props.update(weights={}, pictures=False)
    views["tabs/why"] = instead(views["tabs/why"], ADVICE, template("estimates", "html").strip())
    return views | recorded_views(views)


def recorded_views(views: Mapping[str, View]) -> dict[str, View]:
    """Return the views of the recorded training; nothing in them offers to change it."""
    live, curves = (views[place] for place in WATCHED)
    intro = View(RECORDED, "training", template("training", "html"), template("training", "css"), {}, ("training",))
    curves = instead(instead(curves, RATES, template("rates", "html").strip()), SETTINGS, "")
    return {RECORDED: intro, WATCHED[0]: instead(live, ADVICE, template("moments", "html").strip()), WATCHED[1]: curves}


def instead(view: View, pattern: str, html: str) -> View:
    """Return a view with other HTML in one place.

    Raises:
        ValueError: there is no such place.
    """
    changed, count = re.subn(pattern, html, view.html, count=1, flags=re.DOTALL)
    if not count:
        raise ValueError(f"{view.place}/view.html has nothing like {pattern}")
    return replace(view, html=changed)


def template(name: str, kind: str) -> str:
    """Return a template or a style that only a static page has."""
    return (HERE / name / f"view.{kind}").read_text(encoding="utf-8")


def is_left_out(place: str) -> bool:
    """Tell whether a static page has no view of this folder."""
    parts = place.split("/")
    if place in WATCHED:
        return False
    return place == "navigation/second_model" or (parts[0] == "tabs" and parts[1] in LEFT_OUT | {TRAIN})


def static_steps() -> list[dict[str, Any]]:
    """Return the steps as the navigation shows them, without the views that a static page lacks."""
    return [static_step(step) for step in STEPS]


def static_step(step: Step) -> dict[str, Any]:
    """Pack a step without the views that a static page lacks."""
    packed = step.pack()
    packed["views"] = [view for view in packed["views"] if view["name"] not in LEFT_OUT]
    return packed | ({"task": MAKE_TASK} if step.name == "make" else {})


def static_term(term: dict[str, Any]) -> dict[str, Any]:
    """Return a term of the glossary whose place is one that a static page has: without it, the overview."""
    show = term.get("show", {})
    if show.get("view") in LEFT_OUT:
        return term | {"show": {"view": "overview"}}
    return term | {"show": {"view": TRAIN}} if show.get("view") == TRAIN else term


def tabs() -> list[tuple[str, str]]:
    """Return name and title of each tab of the static page, in order."""
    views = [view for step in STEPS for view in step.views]
    return [(name_of(view), view.TITLE) for view in views if name_of(view) not in LEFT_OUT]


def train_view() -> View:
    """Return how to train for oneself, which a static page shows in place of the views that train."""
    return View(f"export/{TRAIN}", TRAIN, template(TRAIN, "html"), template(TRAIN, "css"))
