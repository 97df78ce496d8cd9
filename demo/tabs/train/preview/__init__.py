"""Preview of the augmentation: a few digits as a training sees them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.component import component


def build(value: dict[str, Any] | None) -> gr.HTML:
    """Build the view; its value is as of `demo.tabs.train.plan.preview`, or None."""
    return component(__file__, "preview", value=value)
