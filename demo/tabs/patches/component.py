"""The patches: the image cut apart, and for each piece its pixels, its embedding and its position embedding."""

from __future__ import annotations

import gradio as gr

from demo.component import component


def build() -> gr.HTML:
    """Build the view; it follows every whole reading on its own, and needs no request."""
    return component("patches")
