"""When did it know: a slider over the pen's path, with the reading after every part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component


def build(parts: Callable[[dict[str, Any]], dict[str, Any]]) -> gr.HTML:
    """Build the view; it follows every whole reading on its own, and playing it needs no request.

    Args:
        parts: server function; a drawing and a model's token -> the readings of its beginnings (see `demo.tabs.when.server`).
    """
    return component("when", [parts], parts=("pictures", "events"))
