"""Ten bars: how sure the model is of each digit."""

from __future__ import annotations

import gradio as gr

from demo.component import component


def build() -> gr.HTML:
    """Build the bars; they follow every reading on their own."""
    return component(__file__, "bars")
