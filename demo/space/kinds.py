"""The files of a Space by its kind."""

from __future__ import annotations

from pathlib import Path

from demo.component import FOLDER
from demo.export.site import site_files
from demo.export.views import static_views
from demo.space.front_matter import readme
from demo.space.modules import app_modules
from demo.space.requirements import requirements
from vit.checkpoint import ASSETS

ROOT = FOLDER.parent
APP = "app.py"
NOT_SERVED = ("export", "load_test", "space")  # folders of demo/ that the page does without
SPACES_FIRST = "import spaces  # before torch, which it prepares for a GPU that is there at times\n\n"


def space_files(kind: str) -> dict[str, bytes]:
    """Return the files of a Space of one of `demo.space.front_matter.KINDS`, by their paths.

    Raises:
        ValueError: this is no clone of the repository.
        OSError: a file cannot be read.
    """
    if not (ROOT / APP).is_file():
        raise ValueError(f"a Space is made from a clone of the repository, and {ROOT} is none")
    files = {"README.md": readme(kind, (ROOT / "README.md").read_text(encoding="utf-8")).encode()}
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    return files | (site_files(static_views()) if kind == "static" else served_files(kind))


def served_files(kind: str) -> dict[str, bytes]:
    """Return the files of a page with a server: modules, templates, scripts and models."""
    paths = [*app_modules(ROOT, APP), *page_files()]
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}
    shown = [path for path in sorted(ASSETS.rglob("*")) if path.is_file() and "screenshots" not in path.parts]
    files |= {f"assets/{path.relative_to(ASSETS).as_posix()}": path.read_bytes() for path in shown}
    files["requirements.txt"] = requirements(kind, ROOT).encode()
    if kind == "zerogpu":
        files[APP] = with_spaces_first(files[APP].decode()).encode()
    return files


def page_files() -> list[Path]:
    """Return what the page reads beside its modules: templates, styles, scripts, texts, the programs that it shows."""
    hidden = ("__pycache__", *NOT_SERVED)
    files = [path for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyi")]
    shown = [
        path for path in files if path.relative_to(FOLDER).parts[0] not in hidden and "__pycache__" not in path.parts
    ]
    return sorted([*shown, *(FOLDER / "in_python" / "snippets").glob("*.py")])


def with_spaces_first(app: str) -> str:
    """Return app.py with an import of `spaces` before all others."""
    docstring, blank, rest = app.partition("\n\n")
    return f"{docstring}{blank}{SPACES_FIRST}{rest}"
