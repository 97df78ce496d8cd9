"""Positions: which places are alike, what the model looks for in a patch, and how far its heads look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.component import component

Ask = Callable[[dict[str, Any]], dict[str, Any]]


def build(filters: Ask, distances: Ask) -> gr.HTML:
    """Build the view; it asks once for each model while it is in sight.

    Args:
        filters: server function; a model's token -> what its patch embedding looks for (see `demo.tabs.positions.server`).
        distances: server function; the same -> how far its heads look on the test digits.
    """
    return component("positions", [filters, distances], parts=("filters", "distance", "events"))
