"""Atomic writes: a complete temporary file replaces the old file in one step.

Symbolic links stay, and their targets get the new content. Folders, named pipes and devices are refused.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FIGURES = (".png", ".svg", ".pdf")
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def destination(path: str | Path) -> Path:
    """Return the regular file that a path leads to through symbolic links; it need not exist.

    Raises:
        OSError: it is not a regular file, or it is read-only.
    """
    target = Path(os.path.realpath(path))
    for place in (Path(path), target):  # the system alone can follow /dev/stdout, and .. in a folder that is not there
        try:
            mode = place.stat().st_mode
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(mode):
            raise OSError(f"{path} is {KINDS.get(stat.S_IFMT(mode), 'something else')}, not a regular file")
        if not os.access(place, os.W_OK):
            raise OSError(f"{path} is read-only")
    return target


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary file to write; it replaces the file at `path` when the block ends without an error.

    An existing file keeps its permissions.

    Raises:
        OSError: it cannot be written, or it is not a regular file.
    """
    target = destination(path)
    with naming(path):
        partial = temporary(target.parent)
    try:
        mode = stat.S_IMODE((target if target.exists() else partial).stat().st_mode)
        yield partial
        with naming(path):
            partial.chmod(mode)  # some libraries write a file of their own here, for its owner alone
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file in one step; errors as in `replacing`."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8 in one step; errors as in `replacing`."""
    write_bytes(path, text.encode())


def write_json(path: str | Path, value: Any) -> None:
    """Write a value as JSON in one step; errors as in `replacing`."""
    write_text(path, json.dumps(value, indent=1) + "\n")


def check_destination(
    name: str, path: str | Path | None, *, suffixes: Sequence[str] = (), make_folders: bool = False
) -> None:
    """Check before any work that a file can be written; nothing is left behind.

    Args:
        name: of the flag, the first word of the message.
        path: nothing is checked for None.
        suffixes: allowed endings of the file's name.
        make_folders: whether missing folders will be created.

    Raises:
        ValueError: the file could not be written.
    """
    if path is None:
        return
    if suffixes and Path(path).suffix.lower() not in suffixes:
        raise ValueError(f"{name} must end in one of {', '.join(suffixes)}, got {path}")
    try:
        folder = destination(path).parent
        while make_folders and not folder.exists():
            folder = folder.parent
        if not folder.exists():
            raise ValueError(f"{name} must lie in a folder that is there, got {path}")
        temporary(folder).unlink()
    except OSError as error:
        reason = f"{path}: {error.strerror}" if error.strerror else str(error)
        raise ValueError(f"{name} must be a file that can be written: {reason}") from None


def temporary(folder: Path) -> Path:
    """Create an empty file with a unique name and the default permissions."""
    path = folder / f".{os.getpid()}-{secrets.token_hex(4)}.partial"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return path


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Let system errors name the requested file, not the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
