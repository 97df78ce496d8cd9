"""Second model: below a view, the same view once more, of the same drawing read by another model."""

from __future__ import annotations

from demo.component import component
from demo.models import options
from demo.steps import STEPS, name_of

COMPARED = ("overview", "look", "decide", "question")  # steps whose views show a reading


def build() -> None:
    """Build the button and the frame, which loads this page with `?beside`."""
    views = [name_of(view) for step in STEPS if step.name in COMPARED for view in step.views]
    component(__file__, "second-model", models=[each["token"] for each in options()], views=views)
