"""In Python: below each view, the lines that compute what it shows.

`snippets/` has a program for each view, by the view's name. The page shows it as it is, but for the drawing and the
model, which become those of the page. They are no modules: nothing imports them, and a test runs them.
"""

from __future__ import annotations

from pathlib import Path

from demo import models
from demo.component import component
from demo.steps import TABS, name_of

SNIPPETS = Path(__file__).resolve().parent / "snippets"


def build() -> None:
    """Build the folded part below the open view."""
    snippets = {name_of(view): snippet(name_of(view)) for view in TABS}
    component(__file__, "in-python", snippets=snippets, models=list(models.shipped()))


def snippet(view: str) -> str:
    """Return the program of a view."""
    return (SNIPPETS / f"{view}.py").read_text(encoding="utf-8")
