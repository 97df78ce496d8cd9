"""A training while it runs: what it is doing, how far it is, its curves, and the finished model as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.components import component


def build(checkpoint: Callable[[dict[str, Any]], dict[str, Any]]) -> gr.HTML:
    """Build the view; its value is a training as `demo.wire.training` packs it, or None.

    Args:
        checkpoint: server function; `{"job": id}` -> the model as a file.
    """
    return component("training", [checkpoint], value=None)
