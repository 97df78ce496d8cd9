"""Tab "Positions": what the model learned about places, what it looks for in a patch, and how far each head looks."""

from __future__ import annotations

from demo.components import positions
from demo.positions import Positions
from demo.shared import Shared

TITLE = "Positions"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    known = Positions(shared.reader)
    positions.build(known.filters, known.distances)
