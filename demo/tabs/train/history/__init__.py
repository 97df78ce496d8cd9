"""View of a visitor's trainings: a list with their curves; any can read the drawing, or two side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def build(listed: Answer, compare: Answer, forget: Answer, checkpoint: Answer) -> gr.HTML:
    """Build the view; the browser remembers which trainings are this visitor's.

    It fires `use` with `{"model": id}` for the training that is to read the drawing, and `follow` with `{"job": id}`
    for one that a link names.

    Args:
        listed, compare, forget: server functions of `demo.tabs.train.history.server.History`.
        checkpoint: server function; `{"job": id}` -> the model as a file.
    """
    return component(__file__, "runs", [listed, compare, forget, checkpoint], events=("use", "follow"))
