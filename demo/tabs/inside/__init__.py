"""Tab "Inside": one head's attention calculated number by number: what is asked, what fits, what is passed on."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.inside.server import Inside

TITLE = "Inside"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    component(__file__, "inside", [Inside(shared.reader).numbers])
