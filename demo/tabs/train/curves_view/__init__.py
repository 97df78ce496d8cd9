"""Curves of a training, and sliders for the settings that may change while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component


def build(change: Callable[[dict[str, Any]], dict[str, Any]]) -> gr.HTML:
    """Build the view; it follows the training on the page's bus.

    Args:
        change: server function of `demo.tabs.train.live_view.server.LiveView`.
    """
    return component(__file__, "curves", [change])
