"""Fixtures of the tests of training."""

from pathlib import Path

import pytest
import torch

import vit
from tests.train.command_line import TINY, Ran, run, run_folder
from tests.train.idx import NAMES, idx, write
from train.data.dataset import Digits
from train.tensorboard import Board
from vit import checkpoint


@pytest.fixture(scope="session")
def data(mnist_train, mnist_test, tmp_path_factory) -> Path:
    """Write a folder of IDX files with 300 training digits and 100 test digits."""
    parts = [part.numpy() for digits in (mnist_train, mnist_test) for part in (digits.images, digits.labels)]
    counts = (300, 300, 100, 100)
    files = {name: idx(part[:count]) for name, part, count in zip(NAMES, parts, counts, strict=True)}
    return write(files, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def finished(data, tmp_path_factory) -> tuple[Path, Ran, list[int]]:
    """Run two epochs; return the folder, the output, and `done_epochs` of its checkpoint after each epoch."""
    base, done_epochs = tmp_path_factory.mktemp("finished"), []
    log_epoch = Board.epoch

    def record_epochs(board, event, model):
        path = run_folder(base / "runs") / "last.safetensors"
        assert torch.equal(vit.load(path).head.weight, model.head.weight)
        done_epochs.append(checkpoint.read_header(path).recipe["done_epochs"])
        log_epoch(board, event, model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Board, "epoch", record_epochs)
        where = ["--data", data, "--runs", base / "runs", "--out", base / "deep" / "digits.safetensors"]
        ran = run(*where, *TINY, "--epochs", 2)
    return base, ran, done_epochs


@pytest.fixture(scope="session")
def digits(mnist_train: Digits) -> Digits:
    """Return a hundred training digits: six batches of 16 and one of 4."""
    return mnist_train.subset(slice(100))


@pytest.fixture(scope="session")
def val_set(mnist_train: Digits) -> Digits:
    """Return the fifty training digits after those."""
    return mnist_train.subset(slice(100, 150))
