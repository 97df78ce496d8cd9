"""MNIST, and data sets in its format, as two tensors: read or fetch the IDX files, split them, make batches.

`python -m train.data.dataset` fetches a set. IDX files directly in the folder are the user's own set, and are read as
MNIST. Files in FOLDER/MNIST/raw must be MNIST's own, and are fetched again if they are damaged.
"""

import gzip
import math
import struct
import sys
import zlib
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from train.cli import carry_out, new_parser
from train.data import files
from train.data.download import DataError, Progress, reason_of, tqdm_progress
from train.datasets import DATASETS, IDX, Dataset
from vit.config import check_whole
from vit.validation import check_choice

__all__ = ["DataError", "Digits", "Progress", "batches", "fetch", "load", "split", "tqdm_progress"]


@dataclass(frozen=True, eq=False)
class Digits:
    """Images (n, 28, 28) uint8 with their labels (n,) int64.

    Raises:
        ValueError: a shape, a dtype or a length is wrong.
    """

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.images.shape[1:] != (28, 28) or self.images.dtype != torch.uint8:
            raise ValueError(f"images must be (n, 28, 28) uint8, not {tuple(self.images.shape)} {self.images.dtype}")
        if self.labels.shape != self.images.shape[:1] or self.labels.dtype != torch.int64:
            raise ValueError(f"labels must be ({len(self)},) int64, not {tuple(self.labels.shape)} {self.labels.dtype}")

    def __len__(self) -> int:
        return len(self.images)

    def __add__(self, other: "Digits") -> "Digits":
        """These digits and then the others."""
        return Digits(torch.cat([self.images, other.images]), torch.cat([self.labels, other.labels]))

    def subset(self, indices: Tensor | slice) -> "Digits":
        """Digits of a tensor of indices, a mask or a slice."""
        return Digits(self.images[indices], self.labels[indices])


def load(
    split: Literal["train", "test"],
    folder: str | Path = "data",
    progress: Progress | None = None,
    name: str = "mnist",
) -> Digits:
    """Load the training or test digits of a set; fetch them into the folder first if they are missing.

    Args:
        split: "train" or "test".
        folder: folder with IDX files, plain or gzipped, which are read as `mnist`; or the folder of fetched sets.
        progress: called during a fetch with bytes done, bytes in all (None if unknown) and the name of the download.
        name: one of `DATASETS`.

    Raises:
        ValueError: `split` or `name` is not one of these.
        DataError: the set cannot be fetched, or the user's own files are incomplete, damaged or not 28 x 28 digits.
    """
    if split not in IDX:
        raise ValueError(f'split must be "train" or "test", not {split!r}')
    dataset, folder = dataset_named(name), Path(folder)
    if folder.is_file():
        raise DataError(f"{folder} is a file, not a folder with or for data.")
    where = folder if _is_own(name, folder) else files.raw_folder(dataset, folder)
    paths = [where / file for file in dataset.files[split]]
    if where == folder:
        return _digits(dataset, paths, [_read_own(path) for path in paths])
    return _digits(dataset, paths, files.load_files(dataset, split, folder, progress))


def fetch(folder: str | Path = "data", progress: Progress | None = None, name: str = "mnist") -> Path:
    """Fetch the missing or damaged files of a set into the data folder, and return their folder.

    Raises:
        ValueError: there is no set of this name.
        DataError: no source has the files, or the folder cannot be written.
    """
    return files.fetch(dataset_named(name), Path(folder), progress)


def is_here(split: Literal["train", "test"], folder: str | Path = "data", name: str = "mnist") -> bool:
    """Whether `load` needs no fetch."""
    dataset, folder = dataset_named(name), Path(folder)
    return _is_own(name, folder) or files.is_here(dataset, split, folder)


def dataset_named(name: str) -> Dataset:
    """Data set of this name; a ValueError with all names if there is none."""
    check_choice("dataset", name, tuple(DATASETS))
    return DATASETS[name]


def split(digits: Digits, val_size: int, seed: int) -> tuple[Digits, Digits]:
    """Split at random into a training set and a validation set of `val_size` digits; the seed alone decides.

    With a `val_size` of 0 the training set has all digits in their order.

    Raises:
        ValueError: the training set would be empty.
    """
    check_whole("val_size", val_size, 0, len(digits) - 1)
    if not val_size:
        return digits, digits.subset(slice(0))
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))
    return digits.subset(order[val_size:]), digits.subset(order[:val_size])


def batches(
    digits: Digits,
    batch_size: int,
    generator: torch.Generator | None = None,
    device: torch.device | str = "cpu",
) -> Iterator[tuple[Tensor, Tensor]]:
    """Iterate over all digits once in batches, in their order or, with a generator, in random order.

    Returns:
        Images (B, 1, 28, 28) float32 in [0, 1] and labels (B,), on the device; the last batch may be shorter.

    Raises:
        ValueError: batch_size is not positive.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    images, labels = digits.images.to(device), digits.labels.to(device)
    order = torch.arange(len(digits)) if generator is None else torch.randperm(len(digits), generator=generator)
    return (
        (images[indices].unsqueeze(1).float() / 255, labels[indices])  # (B, 1, 28, 28), (B,)
        for indices in order.to(device).split(batch_size)
    )


def _is_own(name: str, folder: Path) -> bool:
    """Whether the data folder itself has IDX files: the user's own, which are read as MNIST."""
    endings = ("", ".gz")
    return name == "mnist" and any(
        (folder / f"{file}{ending}").exists() for pair in IDX.values() for file in pair for ending in endings
    )


def _read_own(path: Path) -> bytes:
    """Read a file of the user, plain or gzipped."""
    packed = path.with_name(f"{path.name}.gz")
    source = path if path.exists() else packed
    if source.exists() and not source.is_file():  # reading from a named pipe would never end
        raise DataError(f"{source} cannot be read: it is no regular file.")
    try:
        return source.read_bytes() if source == path else gzip.decompress(source.read_bytes())
    except FileNotFoundError:
        raise DataError(f"{path.parent} holds neither {path.name} nor {packed.name}.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{source} cannot be read: {reason_of(error)}.") from error


def _digits(dataset: Dataset, paths: list[Path], contents: list[bytes]) -> Digits:
    images, labels = (_parse(content, path, ndim) for content, path, ndim in zip(contents, paths, (3, 1), strict=True))
    images_path, labels_path = paths
    if images.shape[1:] != (28, 28):
        raise DataError(f"{images_path} has images of {images.shape[1]} x {images.shape[2]}, not 28 x 28.")
    if len(images) != len(labels):
        actual = f"{len(images)} images in {images_path.name}, but {len(labels)} labels for them"
        raise DataError(f"{images_path.parent} has {actual}.")
    first, last = dataset.first_label, dataset.first_label + len(dataset.names) - 1
    odd = labels[(labels < first) | (labels > last)]
    if len(odd):
        raise DataError(f"{labels_path} has the label {odd.max()}, but labels must be {first} to {last}.")
    return Digits(images.mT.contiguous() if dataset.transposed else images, labels.long() - first)


def _parse(content: bytes, path: Path, ndim: int) -> Tensor:
    """Read IDX: two zeros, 8 for bytes, the number of dimensions, each as a big-endian integer, then the bytes."""
    start = 4 + 4 * ndim
    if len(content) < start or content[:4] != bytes([0, 0, 8, ndim]):
        raise DataError(f"{path} is not an IDX file of bytes in {ndim} dimension{'s' * (ndim > 1)}.")
    shape = struct.unpack(f">{ndim}I", content[4:start])
    promised, actual = math.prod(shape), len(content) - start
    if promised != actual:
        raise DataError(f"{path} is damaged: its header promises {promised} bytes, but {actual} follow.")
    if promised == 0:
        raise DataError(f"{path} is empty.")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=start).reshape(shape)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m train.data.dataset", "Fetch a set once, with its checksums.", "data")
    parser.add_argument("--dataset", default="mnist", choices=tuple(DATASETS), help="which (default: %(default)s)")
    return parser


def run(args: Namespace) -> None:
    """Fetch a set, and print how large it is."""
    fetch(args.data, tqdm_progress(), args.dataset)
    train, test = (len(load(split, args.data, name=args.dataset)) for split in ("train", "test"))
    print(f"{DATASETS[args.dataset].title} is complete: {train:,} to train on and {test:,} to test on.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
