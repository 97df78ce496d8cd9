"""The data sets that a model can learn, and what their classes are called: 28x28 grey pictures in MNIST's format."""

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
    """A set of pictures, and where its files come from.

    Attributes:
        title: what people call it.
        names: of its classes; a label is a place in them.
        counts: how many pictures there are to train on and to test on.
        source: the class in `torchvision.datasets` that knows where to fetch it; also the folder it is kept in.
        by_hand: how somebody gets it who cannot fetch it, to follow "Get it".
        files: the IDX files of pictures and labels, by split.
        md5: checksums that each file may have, of itself or of a gzipped copy; one without any is taken as it is.
        places: folders outside the project where it may lie as well.
        first_label: the label of the first class.
        lies_on_its_side: whether rows and columns have changed places in its files.
    """

    title: str
    names: tuple[str, ...]
    counts: tuple[int, int]
    source: str
    by_hand: str
    files: dict[str, tuple[str, str]] = field(default_factory=lambda: IDX)
    md5: dict[str, tuple[str, ...]] = field(default_factory=dict)
    places: tuple[Path, ...] = ()
    first_label: int = 0
    lies_on_its_side: bool = False


DATASETS = {
    "mnist": Dataset("MNIST", tuple("0123456789"), (60_000, 10_000), "MNIST", "with python -m train.data.dataset"),
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
        places=(Path("/usr/share/datasets/fashion-mnist"),),  # Debian's
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
    # One archive of 560 MB has all of EMNIST; its checksum is torchvision's to know.
    "emnist-letters": Dataset(
        "EMNIST letters",
        tuple(ascii_uppercase),
        (124_800, 20_800),
        "EMNIST",
        "from www.nist.gov/itl/products-and-services/emnist-dataset",
        LETTERS,
        first_label=1,
        lies_on_its_side=True,
    ),
}


def of_classes(names: Iterable[str]) -> str:
    """Return the name of the data set whose classes are called so; of classes that nobody knows it is `mnist`."""
    found = tuple(names)
    return next((name for name, dataset in DATASETS.items() if dataset.names == found), "mnist")
