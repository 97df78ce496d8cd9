"""Tab "Why": the exact value of each patch for the answer, and how well attention and other maps agree with it."""

from __future__ import annotations

from demo.component import component
from demo.page import Shared
from demo.tabs.why.server import Explainer, method_descriptions

TITLE = "Why"
QUESTION = "Which patches made the answer?"  # the heading of view.html
TASK = "Compare the two maps: does attention point at the patch that matters most?"


def build(shared: Shared) -> None:
    """Build the tab."""
    explainer = Explainer(shared.reader)
    component(__file__, "why", [explainer.maps, explainer.erased, explainer.unseen], methods=method_descriptions())
