"""Tab "Smallest change": the fewest patches, or the least ink, that turn the answer into a chosen digit."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.smallest_change.server import SmallestChange

TITLE = "Smallest change"
QUESTION = "What is the smallest change that turns the answer?"  # the heading of view.html
TASK = "Choose another digit, and see how little ink turns the answer into it."


def build(shared: Shared) -> None:
    """Build the tab."""
    component(__file__, "smallest-change", [SmallestChange(shared.reader).change])
