"""Tab "Test": the accuracy of the model, its mistakes, its calibration, and its robustness to changed digits."""

from __future__ import annotations

from demo import models
from demo.component import component
from demo.page import Shared
from demo.tabs.test.server import Evaluation

TITLE = "Test"
QUESTION = "How good is it, and where does it fail?"  # the heading of view.html
TASK = "Press an orange cell, and look at the digits that were misread."


def build(shared: Shared) -> None:
    """Build the tab."""
    answers = Evaluation(shared.reader, shared.jobs.folder)
    ask = [answers.test, answers.curves, answers.fetch, answers.cell, answers.changed_drawing]
    component(__file__, "evaluation", ask, models=models.options())
