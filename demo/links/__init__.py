"""Links: the address holds what the page shows; "Copy link", lessons, and the page in a blog or before a class.

`codec.js` says what a link holds. `?embed=VIEW` shows the pad and one view, `?projector` enlarges the page.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import gradio as gr

from demo.component import component
from demo.links.server import sample
from demo.steps import STEPS


def build(
    examples: list[dict[str, Any]], models: list[dict[str, str]], tours: Sequence[dict[str, Any]] = ()
) -> gr.HTML:
    """Build the buttons "Copy link" and "Make a lesson", and obey the address of the page.

    Args:
        examples: drawings, as the pad gets them.
        models: the shipped models, as the pad gets them.
        tours: `id` and `title` of each tour that a lesson can start.
    """
    return component(
        __file__,
        "links",
        [sample],
        examples=examples,
        models=models,
        steps=[step.pack() for step in STEPS],
        tours=[{"id": tour["id"], "title": tour["title"]} for tour in tours],
        space=os.environ.get("SPACE_ID"),  # set on Hugging Face Spaces: OWNER/NAME
    )
