"""A strip for narrow screens: the drawing and its answer, while the pad is scrolled out of view."""

from __future__ import annotations

from demo.component import component


def build() -> None:
    """Build the strip."""
    component(__file__, "strip")
