"""Tab "Attention": the attention of cls and of each patch, in each layer and head."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.attention.server import AttentionFigure

TITLE = "Attention"


def build(shared: Shared) -> None:
    """Build the tab."""
    component(__file__, "attention", [AttentionFigure(shared.reader).figure])
