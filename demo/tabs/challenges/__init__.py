"""Tab "Challenges": fool the model, guess where it looks, use the least ink or the least data."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.challenges.server import Challenges

TITLE = "Challenges"
QUESTION = "Can you beat it?"  # the heading of view.html
TASK = "Draw a digit that you can still read and the model cannot."


def build(shared: Shared) -> None:
    """Build the tab."""
    component(__file__, "challenges", [Challenges(shared.reader).values])
