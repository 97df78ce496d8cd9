"""Watch it learn: how the model that is being trained reads the visitor's drawing, now and at every moment kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def build(now: Answer, film: Answer, strip: Answer) -> gr.HTML:
    """Build the view; it follows the training that the page is told of.

    Args:
        now, film, strip: server functions of `demo.tabs.train.live_view.server.Watch`.
    """
    return component(__file__, "watch", [now, film, strip])
