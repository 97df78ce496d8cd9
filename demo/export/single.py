"""The static page as one file, which opens from a disk or a mail without a net."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import replace

from demo import models
from demo.component import FOLDER
from demo.export.modules import all_modules, start_module, with_full_names, without_comments
from demo.export.recorded import recorded_files, training_files, weight_files
from demo.export.shell import document
from demo.export.site import catalogue_paths
from demo.export.style import style_sheet
from demo.export.views import View, train_view
from demo.serialize import as_json

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:; "
    "style-src 'unsafe-inline'; img-src data: blob:; connect-src data: blob:; base-uri 'none'; form-action 'none'"
)
# Modules that find files and the worker in the page itself.
INSTEAD = {"web/files.js": "export/single/files.js", "web/answers/thread.js": "export/single/thread.js"}


def single_page(views: Mapping[str, View]) -> str:
    """Return the whole page as HTML. It has the first shipped model: both would be too large for a mail."""
    name = models.default_name()
    views = {place: with_one_model(view, name) for place, view in views.items()}
    modules = all_modules(start_module(views.values()), INSTEAD)
    style = style_sheet([*views.values(), train_view()], modules.values())
    named = [[path, with_full_names(path, without_comments(source))] for path, source in modules.items()]
    files = {"modules.json": json.dumps(named, ensure_ascii=False).encode()}
    files |= {f"languages/{path.name}": as_json(json.loads(path.read_bytes())) for path in catalogue_paths()}
    files |= recorded_files([name]) | training_files() | weight_files([name])
    loader = (FOLDER / "export" / "single" / "loader.js").read_text(encoding="utf-8")
    elements = [element(path, content) for path, content in files.items()]
    return document(views, style, POLICY, "\n".join([*elements, f"<script>\n{loader}</script>"]))


def with_one_model(view: View, name: str) -> View:
    """Return a view that offers one model alone."""
    if "models" not in view.props:
        return view
    offered = [model for model in view.props["models"] if token_of(model) == name]
    return replace(view, props=view.props | {"models": offered})


def token_of(model: str | dict[str, str]) -> str:
    """Return the token of a model that a view offers, by its token alone or with more about it."""
    return model if isinstance(model, str) else model["token"]


def element(path: str, content: bytes) -> str:
    """Return an element that holds a file, compressed and in base64."""
    packed = base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
    return f'<script type="text/plain" data-file="{path}">{packed}</script>'
