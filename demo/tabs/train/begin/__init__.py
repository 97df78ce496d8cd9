"""How to begin: one big button, experiments by name, and the challenge of least data."""

from __future__ import annotations

import gradio as gr

from demo.component import component


def build() -> gr.HTML:
    """Build the view. It fires `experiment` with `{"name": ..., "per_class": ...}`; the number is for `least_data`."""
    return component(__file__, "begin", events=("experiment",))
