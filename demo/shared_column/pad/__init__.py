"""The pad: records strokes (x, y, milliseconds, pressure) on a 280 x 280 sheet, and asks for readings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from demo.component import component

Payload = dict[str, Any]


def build(
    functions: Sequence[Callable[[Payload], Payload]],
    examples: list[Payload],
    models: list[dict[str, str]],
    weights: dict[str, str],
) -> gr.HTML:
    """Build the pad.

    Its value, when set from Python, is `{"model": token}`: the pad reads with that model from then on, and offers it
    beside the shipped ones as the visitor's own. It fires `shipped` when the visitor goes back to a shipped model,
    and `own` with the `model`'s token when they choose their own again.

    Args:
        functions: those of `demo.shared_column.server.PadServer`.
        examples: drawings, as in `assets/examples.json`; the first is on the sheet when the page opens.
        models: the shipped models as `demo.models.options` lists them; the first reads when the page opens.
        weights: the address of each one's file, with which the browser reads drawings itself (see `demo.weights`).
    """
    props = {"examples": examples, "models": models, "weights": weights}
    return component(__file__, "pad", functions, events=("shipped", "own"), **props)
