"""What if: move or rub out patches, switch parts of the model off, and see what it reads then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component


def build(changed: Callable[[dict[str, Any]], dict[str, Any]]) -> gr.HTML:
    """Build the view; it begins anew with every drawing.

    Args:
        changed: server function; a drawing, a model's token and `changes` -> the reading then (see `demo.tabs.what_if.server`).
    """
    return component("whatif", [changed])
