"""The way through the page: the overview and five steps, each with its question and its views."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from demo.tabs import (
    attention,
    challenges,
    distances,
    influence,
    inside,
    layers,
    overview,
    patches,
    race,
    smallest_change,
    symbols,
    teach,
    test,
    train,
    two_drawings,
    what_if,
    when,
    why,
)


@dataclass(frozen=True)
class Step:
    """One step of the way.

    Attributes:
        name: of the step in the page's scripts.
        title: one word.
        question: that the step answers.
        task: one thing to do, in each view that has no `TASK` of its own.
        surprise: one thing that most people do not expect.
        views: the tabs of the step, in their order.
    """

    name: str
    title: str
    question: str
    task: str
    surprise: str
    views: tuple[ModuleType, ...]

    def pack(self) -> dict[str, Any]:
        """Return the step as the navigation shows it."""
        views = [pack_view(view) for view in self.views]
        words = {name: getattr(self, name) for name in ("name", "title", "question", "task", "surprise")}
        return words | {"views": views}


def pack_view(view: ModuleType) -> dict[str, str]:
    """Return a view as the navigation shows it."""
    own = {"task": view.TASK} if hasattr(view, "TASK") else {}
    return {"name": name_of(view), "title": view.TITLE, "question": view.QUESTION} | own


STEPS = (
    Step(
        "overview",
        "Overview",
        "How does it read?",
        "Draw, and watch the picture move; then click the part that makes you curious.",
        "Before the first layer the head would read the same digit for every drawing.",
        (overview,),
    ),
    Step(
        "cut",
        "Cut",
        "What does it get?",
        "Point at a patch, and see how its pixels become numbers.",
        "The model was never given which patches are neighbours. It learned that from digits.",
        (patches,),
    ),
    Step(
        "look",
        "Look",
        "Where does it look?",
        "Click a head, then click a patch to look from there.",
        "In the first layer of the shipped models, cls gives much of its attention to empty patches.",
        (attention, inside, distances),
    ),
    Step(
        "decide",
        "Decide",
        "How does the answer form?",
        "Drag the slider back to where the model was still wrong.",
        "For most test digits, the answer is settled after two thirds of the pen's path.",
        (layers, when),
    ),
    Step(
        "question",
        "Question",
        "Is that really why?",
        "Erase the patch that matters most, and see what is read then.",
        "With 49 patches, attention says little about which ink matters for the answer.",
        (why, what_if, two_drawings, smallest_change, influence, test),
    ),
    Step(
        "make",
        "Make",
        "Can you do better?",
        "Correct one mistake, or train a model of your own.",
        "A model that was never shown a 7 can be quite sure that your 7 is another digit.",
        (teach, symbols, train, race, challenges),
    ),
)

TABS = tuple(view for step in STEPS for view in step.views)  # all views, in the order in which the page has them


def name_of(view: ModuleType) -> str:
    """Return the name of a view: that of its folder in `demo/tabs/`."""
    return view.__name__.rpartition(".")[2]
