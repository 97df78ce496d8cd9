"""Tab "Inside": one head's attention calculated number by number: what is asked, what fits, what is passed on."""

from __future__ import annotations

from demo.components import inside
from demo.inside import Inside
from demo.shared import Shared

TITLE = "Inside"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    inside.build(Inside(shared.reader).numbers)
