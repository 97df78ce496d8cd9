"""Result of a training on one card: its accuracy in words, the drawing as it reads it, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def build(compare: Answer, checkpoint: Answer) -> gr.HTML:
    """Build the view; it follows the training on the page's bus. It fires `use` with `{"model": id}`.

    Args:
        compare: server function of `demo.tabs.train.history.server.History`.
        checkpoint: server function; `{"job": id}` -> the model as a file.
    """
    return component(__file__, "result", [compare, checkpoint], events=("use",))
