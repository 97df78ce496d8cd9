"""Tab "Inside": one attention head calculated step by step: query, keys, values."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.inside.server import Inside

TITLE = "Inside"
QUESTION = "How does one head decide where to look?"  # the heading of view.html
TASK = "Point at a patch, and see which numbers make its key fit the query."


def build(shared: Shared) -> None:
    """Build the tab."""
    component(__file__, "inside", [Inside(shared.reader).numbers])
