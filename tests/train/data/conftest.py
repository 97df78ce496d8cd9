"""Fixtures of the tests of downloads: a small set that replaces MNIST, a mirror that serves it, a PATH without npm."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.train.data import mirror as play
from tests.train.idx import small_set
from train.data import download
from train.data.torchvision_import import torchvision
from train.datasets import DATASETS


@pytest.fixture
def small(monkeypatch) -> dict[str, bytes]:
    """Return a small set that replaces MNIST, with its checksums."""
    files = small_set()
    md5 = {name: (download.md5(content),) for name, content in files.items()}
    monkeypatch.setitem(DATASETS, "mnist", replace(DATASETS["mnist"], md5=md5))
    return files


@pytest.fixture
def mirror(small, monkeypatch):
    """Serve the small set on the only mirror."""
    server = play.Mirror(small)
    monkeypatch.setattr(torchvision().datasets.MNIST, "mirrors", [server.url])
    yield server
    server.close()


@pytest.fixture
def programs(monkeypatch, tmp_path_factory) -> Path:
    """Make an empty folder the only one on PATH, so that a test has only the npm that it puts there."""
    folder = tmp_path_factory.mktemp("bin")
    monkeypatch.setenv("PATH", str(folder))
    return folder
