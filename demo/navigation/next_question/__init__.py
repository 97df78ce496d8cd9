"""The next question: a button below each view that leads to the next view."""

from __future__ import annotations

from typing import Any

from demo.component import component


def build(steps: list[dict[str, Any]]) -> None:
    """Build the button."""
    component(__file__, "next-question", steps=steps)
