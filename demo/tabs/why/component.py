"""Why: the methods side by side on the drawing, measured by the exact answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component

Ask = Callable[[dict[str, Any]], dict[str, Any]]


def build(maps: Ask, erased: Ask, unseen: Ask, methods: list[dict[str, Any]]) -> gr.HTML:
    """Build the view; it asks for itself whenever it is in sight and the drawing or the digit changes.

    Args:
        maps: server function; a drawing, a model's token and a target -> the approximate maps (see `demo.tabs.why.server`).
        erased: server function; the same -> the exact values of the ink.
        unseen: server function; the same -> how far the table of all subsets is, and then the values of seeing.
        methods: what the page tells of each method, as `demo.tabs.why.server.described` lists it.
    """
    return component("why", [maps, erased, unseen], parts=("events",), methods=methods)
