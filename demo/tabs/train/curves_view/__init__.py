"""The curves of a training, and the settings that may change while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component


def build(change: Callable[[dict[str, Any]], dict[str, Any]]) -> gr.HTML:
    """Build the view; it follows the training that the page is told of.

    Args:
        change: server function of `demo.tabs.train.live_view.server.Watch`.
    """
    return component(__file__, "curves", [change])
