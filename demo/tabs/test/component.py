"""Test: how good the model is, where it is wrong, and how far a digit can be changed before it breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from demo.component import component

Payload = dict[str, Any]
Ask = Callable[[Payload], Payload]


def build(ask: Sequence[Ask], models: list[dict[str, str]]) -> gr.HTML:
    """Build the view; it follows the model that reads, and the drawing.

    Args:
        ask: server functions `test`, `curves`, `fetch`, `cell` and `around` (see `demo.tabs.test.server`).
        models: what ships, as `demo.models.choices` gives it: to be compared with.
    """
    return component("evaluation", ask, ("matrix", "curves", "drawing", "events"), models=models)
