"""Tab "Attention": where cls and every patch look, in each layer and head, and what that does not prove."""

from __future__ import annotations

from demo.components import attention
from demo.shared import Shared

TITLE = "Attention"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    attention.build(shared.reader.figure)
