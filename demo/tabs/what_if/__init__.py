"""Tab "What if": the effect of a patch, the order of the patches, a head or a layer, by removing it."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.what_if.server import WhatIf

TITLE = "What if"
QUESTION = "What if a part were missing?"  # the heading of view.html


def build(shared: Shared) -> None:
    """Build the tab."""
    component(__file__, "whatif", [WhatIf(shared.reader).changed])
