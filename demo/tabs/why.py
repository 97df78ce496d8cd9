"""Tab "Why": what really moved the answer, exactly, and how far attention and the other maps are from it."""

from __future__ import annotations

from demo.components import why
from demo.shared import Shared
from demo.why import Explainer, described

TITLE = "Why"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    explainer = Explainer(shared.reader)
    why.build(explainer.maps, explainer.erased, explainer.unseen, described())
