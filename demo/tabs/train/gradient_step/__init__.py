"""One step under the microscope: what a single gradient step makes of the drawing, and which parts brought it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component


def build(look: Callable[[dict[str, Any]], dict[str, Any]], most: int) -> gr.HTML:
    """Build the view; it begins anew with every drawing and every model.

    Args:
        look: server function; a drawing, a model's token, `label`, `optimizer` and `steps` -> what one more step would
            bring (see `demo.tabs.train.gradient_step.server`).
        most: how many steps can be taken one after another.
    """
    return component(__file__, "microscope", [look], most=most)
