"""The components' static files: each script reaches the page, and none is too long to be read at one go."""

import gradio as gr
import pytest

from demo import app
from demo.component import FOLDER, component

LONGEST = 250  # lines


@pytest.fixture(scope="module")
def scripts() -> str:
    """All the scripts that the browser gets with the page."""
    parts = [block for block in app.build().blocks.values() if isinstance(block, gr.HTML)]
    return "\n".join(f"{part.head}\n{part.js_on_load}" for part in parts)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.js")), ids=lambda path: path.name)
def test_every_script_reaches_the_page_and_is_short(scripts, path):
    text = path.read_text(encoding="utf-8")
    assert text in scripts
    assert len(text.splitlines()) <= LONGEST


def test_the_parts_of_a_script_follow_it_in_order():
    script = str(component("when", parts=("pictures", "events")).js_on_load)
    names = ("when.js", "when.pictures.js", "when.events.js")
    starts = [script.index((FOLDER / "when" / name).read_text(encoding="utf-8")) for name in names]
    assert starts == sorted(starts)
