"""One trial: the run that its command line makes, also where it died in between, and without a test digit."""

import shlex
import shutil

import pytest

import vit
from tests.train.command_line import MODEL, run, run_folder, same
from tests.train.idx import NAMES
from train.config import RECIPES, TrainConfig
from train.data.dataset import load
from train.recipe_flags import apply_flags, command_line
from train.run_folder import has_finished_model
from train.score import evaluate
from train.splits import hold_out
from train.sweep import trial
from train.sweep.trial import COMMAND, Surroundings
from vit import checkpoint

EPOCHS = 3


@pytest.fixture(scope="module")
def untested(data, tmp_path_factory):
    """The small data set without its test digits."""
    folder = tmp_path_factory.mktemp("untested")
    for name in NAMES[:2]:
        shutil.copy(data / name, folder)
    return Surroundings(folder, "cpu", threads=1)


@pytest.fixture(scope="module")
def recipe():
    args = command_line().parse_args([*MODEL, "--epochs", str(EPOCHS), "--batch-size", "32", "--val-size", "60"])
    return apply_flags(RECIPES["fast"], args)


@pytest.fixture(scope="module")
def learned(untested, recipe, tmp_path_factory):
    """A trial to its end: its folder, and what it reported."""
    folder, said = tmp_path_factory.mktemp("trial"), []
    trial.run(recipe, folder, untested, said.append)
    return folder, said


def test_a_trial_is_the_run_of_its_command_line(learned, data, tmp_path):
    """Weight by weight; that run then reads the test digits too."""
    words = shlex.split((learned[0] / COMMAND).read_text())
    assert words[:3] == ["python", "-m", "train"]
    assert run(*words[3:], "--data", data, "--runs", tmp_path).status == 0
    assert same(run_folder(tmp_path) / "model.safetensors", learned[0] / "model.safetensors")


def test_each_epoch_is_reported_with_the_held_out_digits(learned, untested):
    folder, said = learned
    assert [one["epoch"] for one in said] == [1, 2, 3]
    header = checkpoint.read_header(folder / "model.safetensors")
    assert "test" not in header.figures
    _, held_out = hold_out(load("train", untested.data), TrainConfig.from_saved(header.recipe["training"]))
    score = evaluate(vit.load(folder / "model.safetensors"), held_out)
    assert len(held_out) == 60
    assert said[-1]["accuracy"] == score.accuracy
    assert said[-1]["loss"] == pytest.approx(score.loss)


def test_a_trial_that_died_goes_on_from_its_last_epoch(learned, untested, recipe, tmp_path):
    said = []

    def die(figures):
        said.append(figures["epoch"])
        raise RuntimeError("died")

    with pytest.raises(RuntimeError, match="died"):
        trial.run(recipe, tmp_path, untested, die)
    assert not has_finished_model(tmp_path, EPOCHS)
    trial.run(recipe, tmp_path, untested, lambda figures: said.append(figures["epoch"]))
    assert said == [1, 2, 3]
    assert same(tmp_path / "model.safetensors", learned[0] / "model.safetensors")


def test_a_finished_trial_is_reported_again_and_not_trained_again(learned, untested, recipe):
    folder, said, before = learned[0], [], (learned[0] / "model.safetensors").stat().st_mtime_ns
    trial.run(recipe, folder, untested, said.append)
    assert said == [learned[1][-1]]
    assert (folder / "model.safetensors").stat().st_mtime_ns == before


def test_a_training_that_diverges_is_the_worst_of_all(untested, recipe, tmp_path, monkeypatch):
    said = []

    def diverge(*_):
        raise trial.DivergedError("the loss became nan at step 1")

    monkeypatch.setattr(trial, "learn", diverge)
    trial.run(recipe, tmp_path, untested, said.append)
    assert said == [{"accuracy": 0.0, "epoch": 0, "problem": "the loss became nan at step 1"}]
