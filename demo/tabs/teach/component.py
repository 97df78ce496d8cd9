"""Teach: the right answer for a drawing, before and after, what was forgotten, and the corrections so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from demo.component import component

Payload = dict[str, Any]


def build(ask: Sequence[Callable[[Payload], Payload]], models: list[dict[str, str]], most: int, points: int) -> gr.HTML:
    """Build the view; it follows the drawing and the model that reads.

    It fires `taught` with the `model`'s token when the pad is to read with that from now on.

    Args:
        ask: server functions `begin` and `look` (see `demo.tabs.teach.server`).
        models: what ships, as `demo.models.choices` gives it.
        most: corrections that can be taught together.
        points: that one of them may have.
    """
    return component(
        "teach", ask, ("file", "shelf", "found", "events", "picture"), models=models, most=most, points=points
    )
