"""Tab "What if": what a patch, the order of the patches, a head or a layer means, by taking it away."""

from __future__ import annotations

from demo.components import whatif
from demo.shared import Shared
from demo.whatif import WhatIf

TITLE = "What if"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    whatif.build(WhatIf(shared.reader).changed)
