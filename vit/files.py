"""Write a file in one step: a temporary file beside it takes its place only once it is complete.

Symbolic links stay and their targets get the new content. What exists and is no regular file (a folder, a named pipe, a
device) is refused, so that it is never replaced by a file.
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
    """Return the regular file that a path leads to through symbolic links; it may be new.

    Raises:
        OSError: what exists there is no regular file, or is read-only.
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
    """Yield a new temporary file to write to, which then replaces the file at `path`, unless the block raises.

    A file that exists keeps its permissions; a new one gets those of every new file.

    Raises:
        OSError: it cannot be written, or what exists there is no regular file.
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
    """Check before any work that a file can be written at its end; nothing stays behind.

    Args:
        name: of the flag, with which the message begins.
        path: None, and there is nothing to check.
        suffixes: with one of which the file's name must end.
        make_folders: whether missing folders will be made.

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
    """Create an empty file with a name of its own, and with the permissions that a new file has here."""
    path = folder / f".{os.getpid()}-{secrets.token_hex(4)}.partial"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return path


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Let errors of the system name the file that the user asked for, not the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
