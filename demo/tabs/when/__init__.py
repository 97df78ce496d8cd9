"""Tab "When": from which part of the pen's path on the prediction stays."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.when.server import When

TITLE = "When"
QUESTION = "When did the model decide?"  # the heading of view.html


def build(shared: Shared) -> None:
    """Build the tab."""
    component(__file__, "when", [When(shared.reader).parts])
