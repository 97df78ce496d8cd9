"""Tab "Layers": how the answer comes to be, block by block: what each patch says, and the way of the cls token."""

from __future__ import annotations

from demo.components import layers
from demo.layers import Layers
from demo.shared import Shared

TITLE = "Layers"


def build(shared: Shared) -> None:
    """Lay the tab out; it follows the shared column's readings in the browser."""
    answers = Layers(shared.reader)
    layers.build(answers.seen, answers.pictures)
