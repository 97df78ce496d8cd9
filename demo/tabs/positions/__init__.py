"""Tab "Positions": similarity of position embeddings, patch filters, and mean attention distance."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.positions.server import Positions

TITLE = "Positions"


def build(shared: Shared) -> None:
    """Build the tab."""
    known = Positions(shared.reader)
    component(__file__, "positions", [known.filters, known.distances])
