"""Tab "Teach": correct a wrong answer, and see what the model learns and forgets."""

from __future__ import annotations

from demo import models
from demo.component import component
from demo.page import DIRECT, Shared, taught
from demo.tabs.teach.lesson_request import MAX_CORRECTIONS, MAX_POINTS
from demo.tabs.teach.server import Teaching

TITLE = "Teach"
QUESTION = "Wrong answer? Teach it the right one."  # the heading of view.html


def build(shared: Shared) -> None:
    """Build the tab."""
    answers = Teaching(shared.reader, shared.jobs)
    view = component(
        __file__,
        "teach",
        [answers.begin, answers.look],
        models=models.options(),
        most=MAX_CORRECTIONS,
        points=MAX_POINTS,
        events=("taught",),
    )
    view.taught(taught, shared.mine, [shared.mine, shared.pad], api_name="taught", **DIRECT)
