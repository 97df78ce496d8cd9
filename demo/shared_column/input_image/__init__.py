"""What the model sees: the 28x28 image that a drawing became, with the patch grid over it."""

from __future__ import annotations

import gradio as gr

from demo.component import component


def build() -> gr.HTML:
    """Build the view; it follows every reading on its own."""
    return component(__file__, "sight")
