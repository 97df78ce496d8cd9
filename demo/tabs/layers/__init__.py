"""Tab "Layers": the prediction of each token after each layer, and the path of the cls token."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.layers.server import Layers

TITLE = "Layers"
QUESTION = "How does the prediction form?"  # the heading of view.html


def build(shared: Shared) -> None:
    """Build the tab."""
    answers = Layers(shared.reader)
    component(__file__, "layers", [answers.lens, answers.pictures])
