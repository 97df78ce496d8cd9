"""Tab "Attention": where cls and every patch look, in each layer and head, and what that does not prove."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.attention.server import AttentionFigure

TITLE = "Attention"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    component(__file__, "attention", [AttentionFigure(shared.reader).figure])
