"""Inside attention: one head's calculation as numbers in cells, beside the digit that they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component


def build(numbers: Callable[[dict[str, Any]], dict[str, Any]]) -> gr.HTML:
    """Build the view; it asks once for each drawing while it is in sight, and calculates in the browser.

    Args:
        numbers: server function; a drawing and a model's token -> queries, keys and values (see `demo.tabs.inside.server`).
    """
    return component("inside", [numbers], parts=("cells", "events"))
