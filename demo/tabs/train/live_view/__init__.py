"""Live view: how the model in training reads the visitor's drawing, now and at each weight snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def build(now: Answer, snapshots: Answer, test_digits: Answer) -> gr.HTML:
    """Build the view; it follows the training on the page's bus.

    Args:
        now, snapshots, test_digits: server functions of `demo.tabs.train.live_view.server.LiveView`.
    """
    return component(__file__, "live-view", [now, snapshots, test_digits])
