"""Tab "Patches": how an image becomes a sequence of tokens, and why patches and not pixels."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.patches.measured_costs import MeasuredCosts
from demo.tabs.patches.server import Filters

TITLE = "Patches"
QUESTION = "How can a transformer read a picture?"  # the heading of view.html


def build(shared: Shared) -> None:
    """Build the tab."""
    server = [Filters(shared.reader).filters, MeasuredCosts(shared.reader, shared.jobs).measure]
    component(__file__, "patches", server, styles=("view.css", "details.css"))
