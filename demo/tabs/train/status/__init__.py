"""Status of a training: its message, progress, pacing and findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def build(control: Answer, change: Answer) -> gr.HTML:
    """Build the view; its value is a packed `demo.training.state.TrainingState` or None. It publishes it on the bus.

    It fires `again` with `{"job": id, "change": settings}` for a training that is to start again with other settings,
    and `stop`.

    Args:
        control, change: server functions of `demo.tabs.train.live_view.server.LiveView`.
    """
    return component(__file__, "training", [control, change], value=None, events=("again", "stop"))
