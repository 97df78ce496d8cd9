"""The pad: draws and keeps strokes (x, y, milliseconds, pressure) on a 280 x 280 sheet, and asks for readings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.components import component

Payload = dict[str, Any]


def build(
    read: Callable[[Payload], Payload], sample: Callable[[Payload], Payload], examples: list[Payload], model: str
) -> gr.HTML:
    """Build the pad.

    Its value, when set from Python, is `{"model": token}`: the pad reads with that model from then on. It fires
    `shipped` when the visitor goes back to the shipped model.

    Args:
        read: server function; a drawing and a model's token -> a reading (see `demo.wire`).
        sample: server function; -> a random MNIST test digit.
        examples: drawings, as in `assets/examples.json`; the first is on the sheet when the page opens.
        model: token of the shipped model that reads at first.
    """
    return component("pad", [read, sample], examples=examples, shipped=model)
