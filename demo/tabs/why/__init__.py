"""Tab "Why": what really moved the answer, exactly, and how far attention and the other maps are from it."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.why.server import Explainer, described

TITLE = "Why"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    explainer = Explainer(shared.reader)
    component(__file__, "why", [explainer.maps, explainer.erased, explainer.unseen], methods=described())
