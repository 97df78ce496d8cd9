"""A few digits as a training would see them: what augmentation does."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.component import component


def build(value: dict[str, Any] | None) -> gr.HTML:
    """Build the view; its value is what `demo.tabs.train.plan.preview` gives, or None."""
    return component(__file__, "preview", value=value)
