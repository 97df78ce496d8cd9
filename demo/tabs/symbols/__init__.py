"""Tab "Symbols": draw symbols of one's own, and let a copy of the model learn them."""

from __future__ import annotations

from demo import models
from demo.component import component
from demo.page import DIRECT, Shared, taught
from demo.safety.body_limit import MAX_BODY
from demo.tabs.symbols.server import Symbols
from train.own_classes import drawings

TITLE = "Symbols"
QUESTION = "Can it learn symbols of your own?"  # the heading of view.html
TASK = "Draw a symbol of your own some ten times, and let a model learn it."


def limits() -> dict[str, int]:
    """Return the limits that the page and the server share."""
    return {
        "leastSymbols": drawings.MIN_SYMBOLS,
        "mostSymbols": drawings.MAX_SYMBOLS,
        "leastDrawings": drawings.MIN_DRAWINGS,
        "mostDrawings": drawings.MAX_DRAWINGS,
        "mostLetters": drawings.MAX_NAME,
        "mostPoints": drawings.MAX_POINTS,
        "mostBytes": drawings.MAX_BYTES,
        "mostSent": MAX_BODY - 10_000,  # the rest of a request takes a little
    }


def build(shared: Shared) -> None:
    """Build the tab."""
    answers = Symbols(shared.reader, shared.jobs)
    view = component(
        __file__,
        "symbols",
        [answers.begin, answers.look, answers.checkpoint],
        models=models.options(),
        limits=limits(),
        events=("taught",),
    )
    view.taught(taught, shared.mine, [shared.mine, shared.pad], api_name="learned_symbols", **DIRECT)
