"""View of one gradient step: how it changes the reading of the drawing, and which parts of the model did it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component


def build(look: Callable[[dict[str, Any]], dict[str, Any]], max_steps: int) -> gr.HTML:
    """Build the view; each drawing and each model resets it.

    Args:
        look: server function of `demo.tabs.train.gradient_step.server.GradientStep`.
        max_steps: that can be taken one after another.
    """
    return component(__file__, "gradient-step", [look], max_steps=max_steps)
