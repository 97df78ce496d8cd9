"""Tab "Layers": how the answer comes to be, block by block: what each patch says, and the way of the cls token."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.layers.server import Layers

TITLE = "Layers"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    answers = Layers(shared.reader)
    component(__file__, "layers", [answers.lens, answers.pictures])
