"""Custom components: each a folder with static NAME.html, NAME.css and NAME.js, and a `build()` that wires them.

A long script goes on in NAME.PART.js, in the same scope, so that each file is one thought.

Templates are static on purpose: `gr.HTML` executes data that is put into them. What a component shows reaches it
in the browser as plain values, through its props, its server functions, or the page's own bus (`shared.js`), and
enters the page as text, attributes and pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(__file__).resolve().parent


def as_function(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return `method` as a plain function, which Gradio can mark as callable from the browser."""

    def call(payload: Any) -> Any:
        return method(payload)

    call.__name__ = method.func.__name__ if isinstance(method, partial) else method.__name__
    return call


def component(
    name: str, server_functions: Sequence[Callable[..., Any]] = (), parts: Sequence[str] = (), **props: Any
) -> gr.HTML:
    """Build the component whose files lie in the folder `name`.

    Args:
        name: of the folder and of the files in it.
        server_functions: what the script may call as `server.NAME`.
        parts: of the script: `NAME.PART.js` of each follows `NAME.js`, in this order.
        props: reach the script as `props`.
    """

    def text(suffix: str) -> str:
        return (FOLDER / name / f"{name}.{suffix}").read_text(encoding="utf-8")

    shared = [(FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in ("shared", "controls")]
    return gr.HTML(
        html_template=text("html"),
        css_template=text("css"),
        js_on_load="\n".join(text(suffix) for suffix in ("js", *(f"{part}.js" for part in parts))),
        head=f"<script>{''.join(shared)}</script>",
        server_functions=[as_function(function) for function in server_functions],
        apply_default_css=False,
        elem_id=name,
        **props,
    )
