"""What the tests of the benchmarks share."""

import pytest
import torch

from tests.vit.explain.games import lively
from vit import checkpoint


@pytest.fixture
def model_file(tmp_path):
    """A small model's checkpoint."""
    path = tmp_path / "small.safetensors"
    checkpoint.save(lively("2x2").float(), path)
    return path


@pytest.fixture(autouse=True)
def threads():
    """What the command line sets holds for the whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
