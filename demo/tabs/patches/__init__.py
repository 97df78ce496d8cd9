"""Tab "Patches": how an image becomes a sequence of tokens, and why patches and not pixels."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared

TITLE = "Patches"


def build(shared: Shared) -> None:  # noqa: ARG001 (all tabs have the same signature)
    """Build the tab."""
    component(__file__, "patches")
