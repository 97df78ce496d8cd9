"""Navigation: the steps of the page with a small picture of each, and the views of the open step."""

from __future__ import annotations

from demo.component import component
from demo.navigation import next_question, second_model
from demo.steps import STEPS


def build() -> None:
    """Build the row of steps."""
    component(__file__, "navigation", steps=[step.pack() for step in STEPS])


def build_next() -> None:
    """Build what stands below each view: a comparison with a second model, and the next question."""
    second_model.build()
    next_question.build([step.pack() for step in STEPS])
