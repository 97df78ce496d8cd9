"""Fetch files from one source after another, with a time limit and progress."""

import hashlib
import http.client
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from typing import Any
from urllib.request import urlopen

from tqdm import tqdm

ANSWER_TIMEOUT = 10.0  # seconds until a mirror must have answered, and between two pieces of its answer

# Called with bytes done, bytes in all (None if unknown) and the name of the download.
# Its exceptions end the fetch and reach the caller.
Progress = Callable[[int, "int | None", str], object]
ByteProgress = Callable[[int, "int | None"], object]
Source = Callable[[list[str], Progress], Iterable[tuple[str, bytes]]]


class DataError(RuntimeError):
    """A data set is not available; the message is a sentence for the user."""


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


def no_progress(done: int, total: int | None, what: str) -> None:
    """Report nothing."""


def collect(
    names: Iterable[str],
    sources: Iterable[tuple[str, Source]],
    is_right: Callable[[str, bytes], bool],
    progress: Progress | None = None,
) -> dict[str, bytes]:
    """Fetch files from one source after another; a later source is asked only for files that are still missing.

    Args:
        names: names of the files.
        sources: pairs of a label and a function that yields names and contents.
        is_right: whether a content, the second argument, is that of the name.

    Raises:
        DataError: a file is missing after the last source; the message has the reason of each source.
    """
    files: dict[str, bytes] = {}
    reasons = []
    for label, source in sources:
        try:
            for name, content in source([name for name in names if name not in files], progress or no_progress):
                if not is_right(name, content):
                    raise DataError(f"wrong checksum of {name}")
                files[name] = content
        except SOURCE_ERRORS as error:
            reasons.append(f"{label}: {reason_of(error)}")
        if files.keys() >= set(names):
            return files
    raise DataError("; ".join(reasons))


def from_mirror(mirror: str, names: list[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Fetch files from a mirror and yield their names and contents, gzipped."""
    for name in names:
        what = f"{name}.gz"
        yield name, download(mirror + what, lambda done, total, what=what: progress(done, total, what))


def download(url: str, progress: ByteProgress) -> bytes:
    """Return the content of an address.

    Raises:
        OSError, EOFError, http.client.HTTPException: it cannot be fetched completely.
    """
    return b"".join(download_pieces(url, progress))


def download_pieces(url: str, progress: ByteProgress) -> Iterator[bytes]:
    """Yield the content of an address piece by piece; errors as in `download`."""
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


def md5(content: bytes) -> str:
    """MD5 checksum in hexadecimal, as the data sets publish it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


SOURCE_ERRORS = (DataError, OSError, EOFError, KeyError, zlib.error, tarfile.TarError, http.client.HTTPException)


def reason_of(error: Exception) -> str:
    """Reason of an error in words: that of the system, or its own message, or its type."""
    reason = getattr(error, "reason", None) or error
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
