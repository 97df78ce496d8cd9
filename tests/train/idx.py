"""Write small IDX files by the definition of the format, without the code under test."""

import struct
from pathlib import Path

import numpy as np

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx(array: np.ndarray) -> bytes:
    """Encode an array of bytes: magic number, big-endian sizes, then the bytes in C order."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def small_set(seed: int = 0, train: int = 30, test: int = 20) -> dict[str, bytes]:
    """Make the four files of a small set of random digits."""
    random = np.random.default_rng(seed)
    arrays = []
    for count in (train, test):
        arrays += [random.integers(0, 256, (count, 28, 28)), random.integers(0, 10, count)]
    return {name: idx(array) for name, array in zip(NAMES, arrays, strict=True)}


def write(files: dict[str, bytes], folder: Path) -> Path:
    """Write the files into a folder, which is made if it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder
