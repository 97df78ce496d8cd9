"""The modules of the static page: all that its start imports, and in which order."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from demo.component import FOLDER
from demo.export.views import View

# A module's name in `import ... from "./x.js"`, `export ... from`, `import("./x.js")` and `new URL("./x.js", ...)`.
SPECIFIER = re.compile(r"""((?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)")(\.{1,2}/[^"]+\.js)(")""")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
OWN_LINES = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n", re.DOTALL | re.MULTILINE)
START = "start.js"


def start_module(views: Iterable[View]) -> str:
    """Return the module that starts the page: it names the module of each view."""
    places = [view.place for view in views]
    lines = [f'  "{place}": () => import("./{place}/view.js"),' for place in places]
    return "\n".join(['import { start } from "./export/page.js";', "start({", *lines, "});", ""])


def all_modules(start: str, instead: Mapping[str, str] = {}) -> dict[str, str]:
    """Return the modules that `start` leads to, by their paths below `demo/`, each after those that it imports.

    Args:
        start: source of the first module, which lies in `demo/`.
        instead: paths of modules that stand in the place of others.

    Raises:
        ValueError: modules import each other in a circle.
    """
    sources: dict[str, str] = {}
    open_ones: list[str] = []

    def visit(path: str) -> None:
        if path in open_ones:
            raise ValueError(f"modules import each other: {' -> '.join([*open_ones, path])}")
        if path in sources:
            return
        open_ones.append(path)
        source = start if path == START else source_of(instead.get(path, path))
        for name in imports_of(source):
            visit(resolved(path, name))
        open_ones.pop()
        sources[path] = source

    visit(START)
    return sources


def source_of(path: str) -> str:
    """Return the source of a module."""
    return (FOLDER / path).read_text(encoding="utf-8")


def imports_of(source: str) -> list[str]:
    """Return the names of modules in a source, outside comments."""
    code = COMMENT.sub("", source)
    return [match[2] for match in SPECIFIER.finditer(code)] + [f"/{name}" for name in NAMED.findall(code)]


NAMED = re.compile(r'"module:([^"]+)"')  # by its path below `demo/`: the worker of a page in one file


def resolved(path: str, name: str) -> str:
    """Return the path below `demo/` of a module that another one names."""
    return name[1:] if name.startswith("/") else posixpath.normpath(posixpath.join(posixpath.dirname(path), name))


def without_comments(source: str) -> str:
    """Return a module without the comments that have lines of their own: the folder of the page keeps them."""
    return OWN_LINES.sub("", source)


def with_full_names(path: str, source: str) -> str:
    """Return a module that names others as `module:` and their path below `demo/`."""
    return SPECIFIER.sub(lambda match: f"{match[1]}module:{resolved(path, match[2])}{match[3]}", source)
