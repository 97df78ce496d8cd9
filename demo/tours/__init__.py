"""Tours: they lead a visitor through the real page, step by step, and wait until each step was done.

A tour is a JSON file in this folder; `docs/tours.md` says how to write one. `conditions.js` lists what a step can wait
for, `facts.js` what its words can say about the visitor's own drawing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from demo.component import component
from demo.steps import STEPS, name_of

FOLDER = Path(__file__).parent
# Names for targets that many tours use. All other targets are CSS selectors.
PLACES = {
    "pad": "#pad .sheet",
    "answer": "#bars",
    "models": "#pad .models",
    **{f"step {step.name}": f'#navigation [data-step="{step.name}"]' for step in STEPS},
    **{f"view {name_of(view)}": f'#navigation [data-view="{name_of(view)}"]' for step in STEPS for view in step.views},
}


def tours() -> list[dict[str, Any]]:
    """Read the tours, those with the smallest `order` first; `target` is a CSS selector in each step."""
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    for tour in files:
        for step in tour["steps"]:
            step["target"] = PLACES.get(step["target"], step["target"])
    return sorted(files, key=lambda tour: tour["order"])


def build() -> gr.HTML:
    """Build the menu of tours, the invitation, and the card and the ring of the tour that runs."""
    return component(__file__, "tours", tours=tours())
