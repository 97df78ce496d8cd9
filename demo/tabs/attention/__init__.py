"""Tab "Attention": the attention of cls and of each patch, in each layer and head."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared

TITLE = "Attention"
QUESTION = "Who looks where?"  # the heading of view.html


def build(shared: Shared) -> None:  # noqa: ARG001 (all tabs have the same signature)
    """Build the tab."""
    component(__file__, "attention")
