"""Tab "Overview": the drawing on its way through the model, in one picture."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared

TITLE = "Overview"
QUESTION = "How does it read?"


def build(shared: Shared) -> None:  # noqa: ARG001 (all tabs have the same signature)
    """Build the tab."""
    component(__file__, "overview")
