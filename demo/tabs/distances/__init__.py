"""Tab "Distances": how far each head looks, in pixels."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.distances.server import Distances

TITLE = "Distances"
QUESTION = "How far does each head look?"  # the heading of view.html
TASK = "Find the head that looks farthest, and click it."


def build(shared: Shared) -> None:
    """Build the tab."""
    component(__file__, "distances", [Distances(shared.reader).distances])
