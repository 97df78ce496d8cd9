"""The static page as a folder, for any host that serves files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from demo import models
from demo.component import FOLDER
from demo.export.modules import START, all_modules, start_module
from demo.export.recorded import recorded_files, training_files, weight_files
from demo.export.shell import MARK, document
from demo.export.style import style_sheet
from demo.export.views import View, train_view
from vit.files import write_bytes

INDEX = "index.html"
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
)
FROM_DISK = (
    "This page needs a web server for its files, such as python3 -m http.server; one file alone opens from a disk."
)
# A page that is opened from a disk may load no module. This stands in the page until a module starts it.
NOTICE = (
    f'<p id="from-disk" hidden>{FROM_DISK}</p>\n'
    f'<script type="module" src="{START}"></script>\n<script src="from_disk.js"></script>'
)


def site_files(views: Mapping[str, View]) -> dict[str, bytes]:
    """Return all files of the static page by their paths."""
    names = list(models.shipped())
    modules = all_modules(start_module(views.values()))
    style = style_sheet([*views.values(), train_view()], modules.values())
    catalogues = {f"languages/{path.name}": path.read_bytes() for path in catalogue_paths()}
    texts = {INDEX: document(views, style, POLICY, NOTICE), **modules, "from_disk.js": from_disk()}
    files = {path: text.encode() for path, text in texts.items()}
    return files | catalogues | recorded_files(names) | training_files() | weight_files(names)


def catalogue_paths() -> list[Path]:
    """Return the catalogues of the languages."""
    return sorted((FOLDER / "languages").glob("*.json"))


def from_disk() -> str:
    """Return the script that says why a page from a disk stays empty."""
    return (FOLDER / "export" / "from_disk.js").read_text(encoding="utf-8")


def write_site(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of the static page into a folder.

    Raises:
        ValueError: the folder holds something that is no static page of this project.
        OSError: it cannot be written.
    """
    index = folder / INDEX
    if folder.is_dir() and any(folder.iterdir()) and not (index.is_file() and MARK in index.read_text("utf-8")):
        raise ValueError(f"{folder} is not empty, and no page of Inkling lies there; choose another folder")
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, content)
