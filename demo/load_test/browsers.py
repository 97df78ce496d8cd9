"""Visitors whose browsers read: the server gets only what their open views ask besides, at each pen-up.

Their weights have come, so that a drawing is no request. Most views need nothing more; those of Question ask for an
explanation, at which a visitor looks for STUDY seconds before the next drawing.
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
        more: sent with each question, besides the drawing.
    """

    questions: tuple[str, ...] = ()
    think: float = THINK
    more: tuple[tuple[str, object], ...] = ()


VIEWS = {
    "overview": View(),
    "patches": View(),
    "attention": View(),
    "distances": View(),
    "inside": View(("numbers",)),
    "layers": View(("lens",)),
    "when": View(("parts",)),
    "why": View(("maps", "erased"), STUDY),
    "what_if": View(("changed",), STUDY, (("changes", {}),)),
    "two_drawings": View(("differences",), STUDY),
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
        payload = {"strokes": moved(drawing, number)} | dict(view.more)
        readings += [ask(page, question, payload) for question in view.questions]
        over.wait(view.think)
    return readings


def visits() -> list[Visit]:
    """Return the visits of all views, for `visit_together`."""
    return [Visit(partial(browse, view=view), STROKE + view.think) for view in VIEWS.values()]
