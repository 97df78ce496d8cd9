"""Load MNIST digits, and convert them to pen strokes, so that tests can draw real digits."""

from pathlib import Path

import numpy as np

from train.synthetic.handwriting import CANVAS
from train.synthetic.vectorize import vectorize

__all__ = ["CANVAS", "mnist", "vectorize"]

MNIST_FOLDER = Path(__file__).parent.parent / "data" / "MNIST" / "raw"


def mnist(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Read one split of MNIST from the IDX files in `data/MNIST/raw`.

    Args:
        split: "train" (60,000 digits) or "test" (10,000).

    Returns:
        Images (n, 28, 28) and labels (n,), both uint8.
    """
    prefix = {"train": "train", "test": "t10k"}[split]
    images = (MNIST_FOLDER / f"{prefix}-images-idx3-ubyte").read_bytes()
    labels = (MNIST_FOLDER / f"{prefix}-labels-idx1-ubyte").read_bytes()
    return np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=8)
