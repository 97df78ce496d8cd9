"""Visitors whose browsers read: the server gets only what their open views ask besides, at each pen-up.

Their weights have come, so that neither a drawing nor what most views ask about it is a request: see
`demo/web/answers/here.js`. Why asks for the values of the patches, at which a visitor looks for STUDY seconds before
the next drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle
from threading import Event
from time import monotonic

from demo.load_test.drawings import Drawing, moved
from demo.load_test.visitors import STROKE, THINK, LostError, Page, Payload, Reading, Visit

STUDY = 10.0  # seconds at an explanation


@dataclass(frozen=True)
class View:
    """An open view.

    Attributes:
        questions: the server functions that it asks at each pen-up, one after the other.
        think: seconds from the last answer to the next drawing.
    """

    questions: tuple[str, ...] = ()
    think: float = THINK


VIEWS = {
    "overview": View(),
    "patches": View(),
    "attention": View(),
    "distances": View(),
    "inside": View(),
    "layers": View(),
    "when": View(),
    "why": View(("maps", "erased"), STUDY),
    "what_if": View(think=STUDY),
    "two_drawings": View(think=STUDY),
}


def ask(page: Page, question: str, payload: Payload) -> Reading:
    """Send a view's question, and time the answer."""
    asked, lost = monotonic(), ""
    try:
        lost = str(page.call(question, payload).get("error", ""))
    except LostError as error:
        lost = str(error)
    return Reading(asked, monotonic() - asked, lost)


def browse(page: Page, drawings: Sequence[Drawing], delay: float, over: Event, view: View) -> list[Reading]:
    """Draw digits until `over` is set, with a view open; return what was asked of the server.

    Args:
        delay: seconds before the first drawing.
    """
    readings: list[Reading] = []
    over.wait(delay)
    for number, drawing in zip(count(round(1000 * delay)), cycle(drawings), strict=False):
        if over.wait(STROKE):
            break
        payload = {"strokes": moved(drawing, number)}
        readings += [ask(page, question, payload) for question in view.questions]
        over.wait(view.think)
    return readings


def visits() -> list[Visit]:
    """Return the visits of all views, for `visit_together`."""
    return [Visit(partial(browse, view=view), STROKE + view.think) for view in VIEWS.values()]
