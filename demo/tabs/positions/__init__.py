"""Tab "Positions": what the model learned about places, what it looks for in a patch, and how far each head looks."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.positions.server import Positions

TITLE = "Positions"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    known = Positions(shared.reader)
    component(__file__, "positions", [known.filters, known.distances])
