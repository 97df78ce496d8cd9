"""Fixtures of the tests of training."""

from pathlib import Path

import pytest

from tests.train.idx import NAMES, idx, write


@pytest.fixture(scope="session")
def data(mnist_train, mnist_test, tmp_path_factory) -> Path:
    """Write a folder of IDX files with 300 training digits and 100 test digits."""
    parts = [part.numpy() for digits in (mnist_train, mnist_test) for part in (digits.images, digits.labels)]
    counts = (300, 300, 100, 100)
    files = {name: idx(part[:count]) for name, part, count in zip(NAMES, parts, counts, strict=True)}
    return write(files, tmp_path_factory.mktemp("data"))
