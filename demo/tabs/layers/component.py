"""Layer by layer: what each token says after every block, and the way of the cls token over a map of test digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component

Payload = dict[str, Any]


def build(seen: Callable[[Payload], Payload], pictures: Callable[[Payload], Payload]) -> gr.HTML:
    """Build the view; it follows every whole reading on its own, and playing it needs no request.

    Args:
        seen: server function; a drawing, a model's token and the map that is known -> all steps (see `demo.tabs.layers.server`).
        pictures: server function; -> the shipped test digits on one sheet.
    """
    return component("layers", [seen, pictures], parts=("sky", "events"))
