"""What every test has: one thread for torch, and real MNIST, fetched into data/ the first time."""

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
    """The folder with MNIST's four IDX files."""
    return fetch(DATA)


@pytest.fixture(scope="session")
def mnist_train(mnist_raw: Path) -> Digits:
    """MNIST's 60000 training digits."""
    return load("train", DATA)


@pytest.fixture(scope="session")
def mnist_test(mnist_raw: Path) -> Digits:
    """MNIST's 10000 test digits."""
    return load("test", DATA)


@pytest.fixture(scope="session")
def app(mnist_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, served as `python app.py` serves it; it must not have raised anything by the end."""
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with serve(log) as url:
        yield url
    # Gradio logs what it refuses on its own; our code must have raised nothing.
    assert not re.search(rf'File "{ROOT}/(vit|train|demo|app)', log.read_text()), log.read_text()
