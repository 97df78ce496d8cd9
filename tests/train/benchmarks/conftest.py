"""Fixtures of the tests of the benchmarks."""

import pytest
import torch

from tests.vit.explain.games import lively
from vit import checkpoint


@pytest.fixture
def model_file(tmp_path):
    """Save a small model; return its path."""
    path = tmp_path / "small.safetensors"
    checkpoint.save(lively("2x2").float(), path)
    return path


@pytest.fixture(autouse=True)
def threads():
    """Restore the number of threads, which the command line sets for the whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
