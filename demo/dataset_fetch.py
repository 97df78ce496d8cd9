"""Download sizes of the data sets, and the progress of a download."""

from __future__ import annotations

from train.data.dataset import Progress
from train.evaluation.predictions import Report

MNIST_BYTES = 9_912_422 + 28_881 + 1_648_877 + 4_542  # the four files as they come, gzipped
BYTES = {"mnist": MNIST_BYTES, "fashion-mnist": 30_878_645, "kmnist": 21_240_888, "emnist-letters": 561_753_746}


def download_progress(report: Report) -> Progress:
    """Return a progress callback for a download that reports the bytes of all files together."""
    pieces: dict[str, int] = {}

    def progress(done: int, total: int | None, what: str) -> None:  # noqa: ARG001 (files to come have no total yet)
        pieces[what] = done
        report(sum(pieces.values()), MNIST_BYTES)

    return progress
