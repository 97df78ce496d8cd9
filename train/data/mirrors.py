"""Files of the data sets other than MNIST: read where they are stored, or fetched from torchvision's sources.

Fetched files lie gzipped in FOLDER/NAME/raw, torchvision's layout.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from train.data import download
from train.data.download import DataError, Progress, Source, md5, reason_of
from train.data.torchvision_import import torchvision
from train.datasets import Dataset


def load_files(
    dataset: Dataset, split: Literal["train", "test"], folder: Path, progress: Progress | None = None
) -> list[bytes]:
    """IDX files of one split, images and labels; missing ones are fetched, and stored if the folder can be written.

    Raises:
        DataError: no source has the files; the message says how to get them by hand.
    """
    names = dataset.files[split]
    stored = stored_files(dataset, names, folder)
    missing = [name for name in names if name not in stored]
    if missing:
        fetched = gather(dataset, missing, raw_folder(dataset, folder), progress or (lambda _done, _total, _what: None))
        store(fetched, raw_folder(dataset, folder))
        stored |= fetched
    return [decompress(stored[name]) for name in names]


def is_here(dataset: Dataset, split: Literal["train", "test"], folder: Path) -> bool:
    """Whether one split can be read without a fetch."""
    return len(stored_files(dataset, dataset.files[split], folder)) == len(dataset.files[split])


def raw_folder(dataset: Dataset, folder: Path) -> Path:
    """Folder for the fetched files below the data folder."""
    return folder / dataset.source / "raw"


def stored_files(dataset: Dataset, names: tuple[str, ...], folder: Path) -> dict[str, bytes]:
    """Undamaged files in the known folders, gzipped or plain, by name."""
    unpacked: dict[str, bytes] = {}
    for place in (raw_folder(dataset, folder), *dataset.other_folders):
        for path in (place / f"{name}{ending}" for name in names for ending in ("", ".gz")):
            with suppress(OSError):
                content = path.read_bytes()
                if is_whole(dataset, path.name, content):
                    unpacked.setdefault(path.name.removesuffix(".gz"), content)
    return unpacked


def is_whole(dataset: Dataset, name: str, content: bytes) -> bool:
    """Whether a file, gzipped or plain, has one of its checksums."""
    allowed = dataset.md5.get(name.removesuffix(".gz"), ())
    try:
        return not allowed or md5(content) in allowed or md5(decompress(content)) in allowed
    except DataError:
        return False


def gather(dataset: Dataset, names: list[str], folder: Path, progress: Progress) -> dict[str, bytes]:
    """Fetch the named files, gzipped; errors as in `load_files`."""
    try:
        return download.collect(names, sources(dataset), partial(is_whole, dataset), progress)
    except DataError as error:
        raise DataError(
            f"{dataset.title} could not be fetched ({str(error) or 'torchvision is not installed'}). Get it "
            f"{dataset.manual_source}, and put {' and '.join(names)}, gzipped or plain, into {folder}."
        ) from None


def sources(dataset: Dataset) -> Iterator[tuple[str, Source]]:
    """Yield torchvision's sources of a set, by host: mirrors of its files, or an archive."""
    with suppress(ImportError):
        known: Any = getattr(torchvision().datasets, dataset.source)
        for address in [known.url] if hasattr(known, "url") else known.mirrors:
            source = partial(from_archive, dataset) if address.endswith(".zip") else download.from_mirror
            yield str(urlsplit(address).hostname), partial(source, address)


def from_archive(dataset: Dataset, address: str, _names: list[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Fetch an archive, check it, and yield the gzipped files of both splits."""
    what = address.rsplit("/", maxsplit=1)[-1]
    with tempfile.TemporaryFile() as file:
        checksum = hashlib.md5(usedforsecurity=False)
        for piece in download.download_pieces(address, lambda done, total: progress(done, total, what)):
            file.write(piece)
            checksum.update(piece)
        if checksum.hexdigest() != getattr(torchvision().datasets, dataset.source).md5:
            raise DataError("wrong checksum")
        with zipfile.ZipFile(file) as archive:
            for names in dataset.files.values():
                for name in names:
                    yield name, archive.read(f"gzip/{name}.gz")


def decompress(content: bytes) -> bytes:
    """Decompress a file if it is gzipped.

    Raises:
        DataError: it is damaged.
    """
    if content[:2] != b"\x1f\x8b":  # magic number of gzip
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"damaged gzip: {reason_of(error)}") from error


def store(files: dict[str, bytes], folder: Path) -> None:
    """Write files into their folder, each in one step; nothing happens if the folder cannot be written."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        download.write_files({f"{name}.gz": content for name, content in files.items()}, folder)
