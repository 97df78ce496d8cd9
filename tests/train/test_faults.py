"""Test a full disk, a killed process, and two processes that use one folder."""

import contextlib
import resource
import signal

import pytest

import vit
from tests.train.command_line import TINY, run, run_folder, training
from train import run_folder as run_folder_module
from vit import checkpoint

LAST, FINAL = "last.safetensors", "model.safetensors"


@contextlib.contextmanager
def full_disk(free: int):
    """Make the system refuse to write beyond `free` bytes in any file, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_full_after_the_first_epoch_keeps_that_epoch(data, tmp_path, monkeypatch):
    save = run_folder_module.save_epoch

    def save_on_a_full_disk(folder, model, recipe, event):
        with full_disk(1000) if event.epoch == 2 else contextlib.nullcontext():
            save(folder, model, recipe, event)

    monkeypatch.setattr(run_folder_module, "save_epoch", save_on_a_full_disk)
    ran = run("--data", data, "--runs", tmp_path, *TINY, "--epochs", 3)
    folder = run_folder(tmp_path)
    assert ran.status == 1
    assert ran.err.strip().splitlines()[-1].startswith("train: ")
    assert str(folder / LAST) in ran.err and "Traceback" not in ran.err
    assert checkpoint.read_header(folder / LAST).recipe["done_epochs"] == 1
    assert not list(folder.glob("*.partial"))
    monkeypatch.undo()
    assert run("--data", data, "--resume", folder).status == 0
    assert checkpoint.read_header(folder / FINAL).recipe["done_epochs"] == 3


def test_a_full_disk_is_one_sentence(data, tmp_path):
    with full_disk(1000):
        ran = run("--data", data, "--runs", tmp_path, *TINY, "--epochs", 3)
    assert ran.status == 1 and "Traceback" not in ran.err
    assert not list(run_folder(tmp_path).glob("*.safetensors"))


@pytest.mark.slow
def test_kill_9_leaves_the_last_epoch_and_no_lock(data, tmp_path):
    with training(tmp_path / "runs", data) as (process, _):
        folder = run_folder(tmp_path / "runs")
        second = run("--data", data, "--resume", folder)
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    assert second.status == 1
    assert f"{folder} is in use: another process trains there" in second.err
    done_epochs = checkpoint.read_header(folder / LAST).recipe["done_epochs"]
    assert vit.load(folder / LAST).head.weight.isfinite().all()
    assert run("--data", data, "--resume", folder, "--epochs", done_epochs + 1, "--threads", 1).status == 0
    assert checkpoint.read_header(folder / FINAL).recipe["done_epochs"] == done_epochs + 1
