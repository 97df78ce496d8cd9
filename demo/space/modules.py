"""The Python modules that app.py leads to, by their imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def app_modules(root: Path, start: str) -> list[Path]:
    """Return the project's modules that `start` imports, at once or later, with those of their packages."""
    found: set[Path] = set()
    open_ones = [root / start]
    while open_ones:
        path = open_ones.pop()
        if path in found:
            continue
        found.add(path)
        packages = [parent / "__init__.py" for parent in path.parents if parent != root and parent.is_relative_to(root)]
        open_ones += [package for package in packages if package.is_file()]
        open_ones += [module for name in imports(path) if (module := module_file(root, name))]
    return sorted(found)


def imports(path: Path) -> Iterator[str]:
    """Yield the full names that a module may import; `from a import b` imports `a`, and `a.b` if that is a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_file(root: Path, name: str) -> Path | None:
    """Return the file of a module of the project, None for another name."""
    path = root / name.replace(".", "/")
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)
