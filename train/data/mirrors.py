"""Data sets other than MNIST: found where they lie, or fetched once from where torchvision has them.

FOLDER/NAME/raw, torchvision's layout, is where a fetch keeps them, gzipped as they came.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from train.data import download as fetch
from train.data.download import DataError, Progress, reason_of
from train.data.torchvision_import import torchvision
from train.datasets import Dataset


def contents(
    dataset: Dataset, split: Literal["train", "test"], folder: Path, progress: Progress | None = None
) -> list[bytes]:
    """Return the IDX files of one split, pictures and labels, fetching them if they are in no known place.

    What is fetched is kept where that is possible.

    Raises:
        DataError: no source has them; the sentence says how to get them by hand.
    """
    names = dataset.files[split]
    packed = packed_files(dataset, names, folder)
    missing = [name for name in names if name not in packed]
    if missing:
        fetched = gather(dataset, missing, raw(dataset, folder), progress or (lambda _done, _total, _what: None))
        keep(fetched, raw(dataset, folder))
        packed |= fetched
    return [unpacked(packed[name]) for name in names]


def is_here(dataset: Dataset, split: Literal["train", "test"], folder: Path) -> bool:
    """Tell whether one split could be read with nothing to fetch."""
    return len(packed_files(dataset, dataset.files[split], folder)) == len(dataset.files[split])


def raw(dataset: Dataset, folder: Path) -> Path:
    """Name the folder below this one in which fetched files are kept."""
    return folder / dataset.source / "raw"


def packed_files(dataset: Dataset, names: tuple[str, ...], folder: Path) -> dict[str, bytes]:
    """Return those of the files that lie whole in a known place, gzipped or plain."""
    found: dict[str, bytes] = {}
    for place in (raw(dataset, folder), *dataset.other_folders):
        for path in (place / f"{name}{ending}" for name in names for ending in ("", ".gz")):
            with suppress(OSError):
                content = path.read_bytes()
                if is_whole(dataset, path.name, content):
                    found.setdefault(path.name.removesuffix(".gz"), content)
    return found


def is_whole(dataset: Dataset, name: str, content: bytes) -> bool:
    """Tell whether a file, gzipped or plain, has one of the checksums that it should have."""
    allowed = dataset.md5.get(name.removesuffix(".gz"), ())
    try:
        return not allowed or md5(content) in allowed or md5(unpacked(content)) in allowed
    except DataError:
        return False


def gather(dataset: Dataset, names: list[str], folder: Path, progress: Progress) -> dict[str, bytes]:
    """Fetch the named files, gzipped; errors as in `contents`."""
    reasons = []
    for label, source in sources(dataset):
        try:
            if source.endswith(".zip"):
                return from_archive(dataset, source, progress)
            return {name: from_mirror(dataset, source, name, progress) for name in names}
        except fetch.SOURCE_ERRORS as error:
            reasons.append(f"{label}: {reason_of(error)}")
    raise DataError(
        f"{dataset.title} could not be fetched ({'; '.join(reasons) or 'torchvision is not installed'}). Get it "
        f"{dataset.manual_source}, and put {' and '.join(names)}, gzipped or plain, into {folder}."
    )


def sources(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Yield hosts and addresses that torchvision knows: of folders with the files, or of an archive."""
    with suppress(ImportError):
        known: Any = getattr(torchvision().datasets, dataset.source)
        for address in [known.url] if hasattr(known, "url") else known.mirrors:
            yield str(urlsplit(address).hostname), address


def from_mirror(dataset: Dataset, mirror: str, name: str, progress: Progress) -> bytes:
    """Fetch one file, gzipped, and check it."""
    what = f"{name}.gz"
    content = fetch.download(mirror + what, lambda done, total: progress(done, total, what))
    if not is_whole(dataset, name, content):
        raise DataError("wrong checksum")
    return content


def from_archive(dataset: Dataset, address: str, progress: Progress) -> dict[str, bytes]:
    """Fetch an archive into a temporary file, check it, and take the files of both splits out of it, gzipped."""
    what = address.rsplit("/", maxsplit=1)[-1]
    with tempfile.TemporaryFile() as file:
        checksum = hashlib.md5(usedforsecurity=False)
        for piece in fetch.pieces(address, lambda done, total: progress(done, total, what)):
            file.write(piece)
            checksum.update(piece)
        if checksum.hexdigest() != getattr(torchvision().datasets, dataset.source).md5:
            raise DataError("wrong checksum")
        with zipfile.ZipFile(file) as archive:
            return {name: archive.read(f"gzip/{name}.gz") for names in dataset.files.values() for name in names}


def unpacked(content: bytes) -> bytes:
    """Return a file's bytes, which may be gzipped.

    Raises:
        DataError: they are damaged.
    """
    if content[:2] != b"\x1f\x8b":  # gzip's own mark
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"damaged gzip: {reason_of(error)}") from error


def keep(files: dict[str, bytes], folder: Path) -> None:
    """Put the files into their folder, each in one step; where it cannot be written nothing is kept."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        fetch.put_in_place({f"{name}.gz": content for name, content in files.items()}, folder)


def md5(content: bytes) -> str:
    """Return the checksum by which the sets are known."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
