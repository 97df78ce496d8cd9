"""Test that each view is on the page, and that each server function that a module calls exists."""

import re
import urllib.request
from urllib.error import HTTPError

import gradio as gr
import pytest

from demo.app import build
from demo.component import FOLDER, base_path, place_of

# Those in `export` are of the page without a server.
VIEWS = sorted(path.parent for path in FOLDER.rglob("view.js") if not path.is_relative_to(FOLDER / "export"))


@pytest.fixture(scope="module")
def components() -> dict[str, gr.HTML]:
    """Return the page's custom components by their folder, relative to `demo`."""
    parts = [block for block in build().blocks.values() if isinstance(block, gr.HTML)]
    return {place: part for part in parts if (place := place_of(part))}


def test_each_view_is_a_component_of_the_page(components):
    assert sorted(components) == [view.relative_to(FOLDER).as_posix() for view in VIEWS]


def test_views_call_exactly_the_server_functions_that_exist(components):
    for place, part in components.items():
        scripts = "\n".join(path.read_text(encoding="utf-8") for path in (FOLDER / place).glob("*.js"))
        called = set(re.findall(r"\bserver\.(?!py\b|js\b)(\w+)", scripts))
        existing = {function.__name__ for function in part.server_fns}
        assert called == existing, place


def test_each_event_that_a_view_fires_is_listed_in_its_component(components):
    for place, part in components.items():
        scripts = "\n".join(path.read_text(encoding="utf-8") for path in (FOLDER / place).glob("*.js"))
        for event in re.findall(r'\btrigger\("(\w+)"', scripts):
            assert f'"{event}"' in (part.js_on_load or ""), (place, event)


def test_modules_may_be_cached_and_nothing_else_is_served(app):
    """The address changes with the files, so a browser may cache the modules for ever."""
    with urllib.request.urlopen(f"{app}{base_path()}/web/bus.js") as module:
        assert "javascript" in module.headers["Content-Type"]
        assert "immutable" in module.headers["Cache-Control"]
    for other in ("app.py", "web/../app.py", "tabs/why/view.html", "web/"):
        with pytest.raises(HTTPError, match="404"):
            urllib.request.urlopen(f"{app}{base_path()}/{other}")
