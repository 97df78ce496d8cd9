"""Test that `python -m train` can be stopped, by Ctrl-C and by real signals, and resumes without a difference."""

import signal

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import train.__main__ as command
import vit
from tests.train.command_line import STEPS, TINY, assert_one_sentence, run, run_folder, same, scalars, training
from train.tensorboard import Board
from vit import checkpoint


def interrupt_at(monkeypatch, step: int) -> None:
    """Raise KeyboardInterrupt while the command line handles this step."""
    log_step = Board.step

    def log(board, event):
        log_step(board, event)
        if event.step == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(Board, "step", log)


def test_resuming_after_ctrl_c_equals_an_uninterrupted_run(finished, data, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        interrupt_at(patch, STEPS + 3)
        stopped = run("--data", data, "--runs", tmp_path, *TINY, "--epochs", 2)
    folder, whole = run_folder(tmp_path), run_folder(finished[0] / "runs")
    assert stopped.status == 130
    assert f"{folder / 'stopped.safetensors'}" in stopped.out
    assert f"python -m train --resume {folder}" in stopped.out
    assert checkpoint.read_header(folder / "stopped.safetensors").recipe["done_epochs"] == 1
    assert not same(folder / "stopped.safetensors", folder / "last.safetensors")
    assert not (folder / "model.safetensors").exists()
    seconds = checkpoint.read_header(folder / "last.safetensors").figures["train_seconds"]

    resumed = run("--data", data, "--resume", folder, "--threads", 1)
    assert resumed.status == 0
    assert same(folder / "model.safetensors", whole / "model.safetensors")
    ours, theirs = (checkpoint.read_header(path / "model.safetensors") for path in (folder, whole))
    assert (ours.config, ours.recipe) == (theirs.config, theirs.recipe)
    assert (ours.figures["val"], ours.figures["test"]) == (theirs.figures["val"], theirs.figures["test"])
    assert ours.figures["train_seconds"] >= seconds  # the first epoch counts as well
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]  # no second folder
    accumulator = EventAccumulator(str(folder), {"scalars": 0}).Reload()
    assert list(scalars(accumulator, "val loss")) == [1, 2]
    assert list(scalars(accumulator, "step/loss")) == [10]  # logged before Ctrl-C and once more after it, but read once
    assert resumed.err.strip().startswith(f"{STEPS} steps")  # so that the remaining time is estimated from this step


def test_ctrl_c_in_the_first_epoch_saves_a_model_that_cannot_be_resumed(data, tmp_path, monkeypatch):
    interrupt_at(monkeypatch, 2)
    stopped = run("--data", data, "--runs", tmp_path, *TINY)
    folder = run_folder(tmp_path)
    assert stopped.status == 130
    assert "--resume" not in stopped.out
    assert not vit.load(folder / "stopped.safetensors").training
    before = sorted(folder.iterdir())
    resumed = run("--data", data, "--resume", folder)
    assert_one_sentence(resumed, "holds no last.safetensors")
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("place", ["load", "evaluate"])
def test_ctrl_c_outside_of_training_ends_with_one_line(place, data, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, place, interrupt)
    ran = run("--data", data, "--runs", tmp_path / "runs", *TINY, "--epochs", 1)
    assert ran.status == 130
    assert ran.err.endswith("train: stopped\n")
    if place == "load":
        assert not (tmp_path / "runs").exists()


def test_an_extended_run_that_was_stopped_is_not_finished(finished, data, tmp_path, monkeypatch):
    """After Ctrl-C during the test evaluation, the folder holds the model of fewer epochs."""
    whole, folder = run_folder(finished[0] / "runs"), tmp_path / "copy"
    folder.mkdir()
    for path in whole.glob("*.safetensors"):
        (folder / path.name).write_bytes(path.read_bytes())

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command, "evaluate", interrupt)
        assert run("--data", data, "--resume", folder, "--epochs", 3, "--threads", 1).status == 130
    assert checkpoint.read_header(folder / "model.safetensors").recipe["done_epochs"] == 2
    assert run("--data", data, "--resume", folder, "--threads", 1).status == 0
    assert checkpoint.read_header(folder / "model.safetensors").recipe["done_epochs"] == 3


@pytest.mark.slow
def test_a_real_ctrl_c(data, tmp_path):
    with training(tmp_path / "runs", data) as (process, log):
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    folder, text = run_folder(tmp_path / "runs"), log.read_text()
    assert f"stopped; the model as it was is in {folder / 'stopped.safetensors'}" in text
    assert f"go on from the last whole epoch with: python -m train --resume {folder}" in text
    assert "Traceback" not in text
    done_epochs = checkpoint.read_header(folder / "stopped.safetensors").recipe["done_epochs"]
    assert done_epochs == checkpoint.read_header(folder / "last.safetensors").recipe["done_epochs"] >= 1
    assert not same(folder / "stopped.safetensors", folder / "last.safetensors")
    assert not list(folder.glob("*.partial"))
    ended = run("--data", data, "--resume", folder, "--epochs", done_epochs + 1, "--threads", 1)
    assert ended.status == 0
    assert checkpoint.read_header(folder / "model.safetensors").recipe["done_epochs"] == done_epochs + 1


@pytest.mark.slow
@pytest.mark.parametrize("signals", [[signal.SIGINT] * 2, [signal.SIGTERM]])
def test_no_signal_leaves_an_incomplete_checkpoint(signals, data, tmp_path):
    with training(tmp_path / "runs", data) as (process, _):
        for number in signals:
            process.send_signal(number)
        assert process.wait(60) != 0
    folder = run_folder(tmp_path / "runs")
    checkpoints = list(folder.glob("*.safetensors"))
    assert folder / "last.safetensors" in checkpoints
    for path in checkpoints:
        assert vit.load(path).head.weight.isfinite().all()
    done_epochs = checkpoint.read_header(folder / "last.safetensors").recipe["done_epochs"]
    assert run("--data", data, "--resume", folder, "--epochs", done_epochs, "--threads", 1).status == 0
