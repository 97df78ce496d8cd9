"""Tab "Learned from": the training digits that an answer was learned from, and what it is once they are unlearned."""

from __future__ import annotations

from demo import models
from demo.component import component
from demo.page import Shared
from demo.tabs.influence.server import Influence

TITLE = "Learned from"
QUESTION = "Where did it learn that?"  # the heading of view.html
TASK = "Search the training digits behind the answer, then check them: the model unlearns them."


def build(shared: Shared) -> None:
    """Build the tab."""
    answers = Influence(shared.reader, shared.jobs)
    component(__file__, "influence", [answers.find, answers.check, answers.fetch], shipped=list(models.shipped()))
