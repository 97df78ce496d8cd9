"""Fixtures for all tests: MNIST, downloaded into data/ the first time, and the served app. torch uses one thread."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.serving import ROOT, serve
from train.data.dataset import Digits, fetch, load

DATA = ROOT / "data"

# The machines that run these tests have few cores, and results repeat exactly on one thread only.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def mnist_raw() -> Path:
    """Return the folder with MNIST's four IDX files."""
    return fetch(DATA)


@pytest.fixture(scope="session")
def mnist_train(mnist_raw: Path) -> Digits:
    """Load MNIST's 60000 training digits."""
    return load("train", DATA)


@pytest.fixture(scope="session")
def mnist_test(mnist_raw: Path) -> Digits:
    """Load MNIST's 10000 test digits."""
    return load("test", DATA)


@pytest.fixture(scope="session")
def app(mnist_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the app (`tests.served_app`) and yield its address; at the end its log must show no error of our code."""
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with serve(log, ("-m", "tests.served_app")) as url:
        yield url
    # Gradio logs requests that it refuses itself; only errors raised in our code count.
    assert not re.search(rf'File "{ROOT}/(vit|train|demo|app)', log.read_text()), log.read_text()
