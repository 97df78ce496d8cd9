"""Custom components: each is a folder with a static `view.html`, `view.css` and `view.js`.

`view.js` is an ES module that exports `mount({ element, props, server, trigger, watch })`. It imports what it uses from
`demo/web/` and from its own folder. The browser loads each module once and keeps it: its address holds the version.

Templates are static on purpose: `gr.HTML` executes data that is put into them. What a component shows reaches it
in the browser as plain values, through its props, its server functions or the page's bus (`web/bus.js`), and
enters the page as text, attributes and pixels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

FOLDER = Path(__file__).resolve().parent
SERVED = (".js", ".css", ".json")
# Gradio offers as events of a component those whose names stand, in quotes, in this script.
MOUNT = """Promise.all([{path}, {language}].map((path) => import(new URL(path, document.baseURI))))
  .then(([view, {{ translate }}]) => {{
    translate(element);
    return view.mount({{ element, props, server, trigger, watch, events: {events} }});
  }})
  .then(() => {{ element.dataset.mounted = "true"; }});"""


def module_route() -> Route:
    """Return the route that serves the page's modules, for `launch(app_kwargs={"routes": [...]})`.

    No `Mount` of `StaticFiles`: below a sub-path (`root_path`), Starlette would look for the files in the wrong place.
    """
    return Route(f"/{base_path()}/{{path:path}}", module_file)


def module_file(request: Request) -> Response:
    """Answer with a script, style or catalogue, which a browser may keep for a year; with 404 for all else."""
    path = (FOLDER / request.path_params["path"]).resolve()
    if path.suffix not in SERVED or not path.is_relative_to(FOLDER) or not path.is_file():
        raise HTTPException(status_code=404)
    return FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})


@cache
def base_path() -> str:
    """Return the path of the modules below the page: it changes whenever one of the files does."""
    digest = sha256()
    for path in sorted(path for path in FOLDER.rglob("*") if path.suffix in SERVED):
        digest.update(path.read_bytes())
    return f"modules/{digest.hexdigest()[:12]}"


def place_of(part: gr.HTML) -> str | None:
    """Return the folder below `demo/` of a part that `component` built, such as `tabs/why`; None for another part."""
    address = re.search(rf'"{base_path()}/(.*)/view\.js"', part.js_on_load or "")
    return address[1] if address else None


def as_function(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return `method` as a plain function, which Gradio can mark as callable from the browser.

    The page sends objects; whatever else comes is answered with `error`.
    """

    def call(payload: Any) -> Any:
        if not isinstance(payload, dict):
            return {"error": f"expected an object, got {type(payload).__name__}"}
        return method(payload)

    call.__name__ = method.func.__name__ if isinstance(method, partial) else method.__name__
    return call


def component(
    home: str,
    elem_id: str,
    server_functions: Sequence[Callable[..., Any]] = (),
    *,
    events: Sequence[str] = (),
    styles: Sequence[str] = ("view.css",),
    **props: Any,
) -> gr.HTML:
    """Build the component whose files lie beside the Python file `home`.

    Args:
        home: `__file__` of the package that has `view.html`, `view.css` and `view.js`.
        elem_id: of the component in the page.
        server_functions: what the script may call as `server.NAME`.
        events: that the script may fire with `trigger`.
        styles: names of the style sheets, in their order.
        props: reach the script as `props`.
    """
    folder = Path(home).resolve().parent
    address = f"{base_path()}/{folder.relative_to(FOLDER).as_posix()}/view.js"
    return gr.HTML(
        html_template=(folder / "view.html").read_text(encoding="utf-8"),
        css_template="".join((folder / name).read_text(encoding="utf-8") for name in styles),
        js_on_load=MOUNT.format(
            path=json.dumps(address),
            language=json.dumps(f"{base_path()}/web/language.js"),
            events=json.dumps(events),
        ),
        server_functions=[as_function(function) for function in server_functions],
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes="view",
        **props,
    )
