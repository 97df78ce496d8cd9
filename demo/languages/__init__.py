"""Choice of the page's language, and the catalogues: each English message with its translation."""

from demo.component import component


def build() -> None:
    """Build the choice of the language."""
    component(__file__, "languages")
