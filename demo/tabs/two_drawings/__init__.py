"""Tab "Two drawings": which part of the model makes the difference between two drawings (activation patching)."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.two_drawings.server import TwoDrawings

TITLE = "Two drawings"
QUESTION = "Which part makes the difference?"  # the heading of view.html
TASK = "Keep this drawing, then draw another digit."


def build(shared: Shared) -> None:
    """Build the tab."""
    component(__file__, "two-drawings", [TwoDrawings(shared.reader).differences])
