"""The HTML of the static page: what Gradio would build around the views."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from demo.app import TITLE, WELCOME
from demo.export.views import RECORDED, TRAIN, WATCHED, View, tabs, train_view
from demo.link_preview import DESCRIPTION
from vit.checkpoint import ASSETS

MARK = '<meta name="generator" content="inkling">'
HEADER = ("tours", "glossary", "links", "languages")
SHARED = ("shared_column/pad", "shared_column/bars", "shared_column/input_image")


def document(views: Mapping[str, View], style: str, policy: str, scripts: str) -> str:
    """Return the whole page.

    Args:
        views: by their folders.
        style: all styles.
        policy: the Content-Security-Policy, which allows no address but the page's own.
        scripts: elements that start the page.
    """
    icon = base64.b64encode((ASSETS / "favicon.png").read_bytes()).decode()
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        MARK,
        f'<meta name="description" content="{DESCRIPTION}">',
        f"<title>{TITLE}</title>",
        f'<link rel="icon" href="data:image/png;base64,{icon}">',
        f"<style>\n{style}\n</style>",
    ]
    parts = ["<!doctype html>", '<html lang="en">', "<head>", *head, "</head>", "<body>", body(views)]
    return "\n".join([*parts, data(views), scripts, "</body>", "</html>", ""])


def body(views: Mapping[str, View]) -> str:
    """Return the frame of the page with all templates in it."""
    title, words = WELCOME.strip().removeprefix("# ").split("\n", 1)
    welcome = f'<div class="block"><div class="prose"><h1>{title}</h1><p>{words}</p></div></div>'
    lines = [
        '<div class="gradio-container"><main class="fillable">',
        component(views["shared_column/strip"]),
        f'<div id="welcome" class="row">{welcome}',
        *(component(views[place]) for place in HEADER),
        '</div>\n<div id="page" class="row">\n<div id="shared" class="column">',
        *(component(views[place]) for place in SHARED),
        '</div>\n<div id="tabs" class="column">',
        component(views["navigation"]),
        tab_panels(views),
        component(views["in_python"]),
        component(views["navigation/next_question"]),
        "</div></div></main></div>",
    ]
    return "\n".join(lines)


def tab_panels(views: Mapping[str, View]) -> str:
    """Return the row of tabs, which is hidden as Gradio's is, and a panel for each."""
    buttons = [f'<button type="button" role="tab" data-tab-id="{name}">{title}</button>' for name, title in tabs()]
    panels = [
        f'<div role="tabpanel" id="tab-{name}" aria-label="{title}" hidden>'
        f"{''.join(map(component, views_of(name, views)))}</div>"
        for name, title in tabs()
    ]
    return "\n".join(['<div class="tab-wrapper" role="tablist">', *buttons, "</div>", *panels])


def views_of(name: str, views: Mapping[str, View]) -> list[View]:
    """Return the views of a tab in their order."""
    if name == TRAIN:
        return [*(views[place] for place in (RECORDED, *WATCHED)), train_view()]
    return [views[f"tabs/{name}"]]


def component(view: View) -> str:
    """Return the template of a view in the boxes that Gradio puts around it."""
    inner = f'<div id="view-{view.elem_id}" class="view" data-view="{view.place}">{view.html}</div>'
    return f'<div id="{view.elem_id}" class="block view"><div class="html-container">{inner}</div></div>'


def data(views: Mapping[str, View]) -> str:
    """Return what the scripts get: props and names of server functions, by the folder of the view."""
    told = {place: {"props": view.props, "functions": view.functions} for place, view in views.items()}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f'<script type="application/json" id="views">{text}</script>'
