"""Test `python -m train --resume`: what it goes on with, what it writes where, and what it refuses."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import train.__main__ as command
import vit
from tests.train.command_line import assert_one_sentence, run, run_folder, same, same_with_header
from vit import checkpoint


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
