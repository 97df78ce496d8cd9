"""The attention maps: where every token looks, in every layer and head, over the digit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component


def build(figure: Callable[[dict[str, Any]], dict[str, Any]]) -> gr.HTML:
    """Build the view; it follows every whole reading on its own, and hovering needs no request.

    Args:
        figure: server function; a drawing, a model's token and a view -> the view as a file (see `demo.tabs.attention.figures`).
    """
    return component("attention", [figure])
