"""A training while it runs: what it is doing, how far it is, its tempo, and the finished model as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def build(checkpoint: Answer, control: Answer, change: Answer) -> gr.HTML:
    """Build the view; its value is a training as `demo.training.serialize.training` packs it, or None, of which it
    tells the page.

    It fires `again` with `{"job": id, "change": settings}` when one is to be started again with other settings.

    Args:
        checkpoint: server function; `{"job": id}` -> the model as a file.
        control, change: server functions of `demo.tabs.train.live_view.server.Watch`.
    """
    return component(__file__, "training", [checkpoint, control, change], value=None, events=("again",))
