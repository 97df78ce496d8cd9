"""Glossary: the terms of the page, marked in its text, explained in two sentences, and listed in a dialog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from demo.component import component

FILE = Path(__file__).with_name("terms.json")


def terms() -> list[dict[str, Any]]:
    """Read the terms, sorted by name.

    Returns:
        One dict a term: `id`, `name`, `words` that name it, `within` (CSS selector, if they mean it only there),
        `text` (two sentences) and `show` (where it can be looked at: `view`, `selection`, `selector`, each optional).
    """
    return json.loads(FILE.read_text(encoding="utf-8"))


def build() -> gr.HTML:
    """Build the button and the dialog of all terms; the terms on the page are marked from then on."""
    return component(__file__, "glossary", terms=terms())
