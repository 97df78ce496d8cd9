"""Test the command of the benchmark of time to accuracy, with trainings of a few steps."""

import json
from dataclasses import replace

import pytest

from tests.train.benchmarks.example_runs import cells
from tests.train.idx import small_set, write
from train.benchmarks import time_to_accuracy
from train.benchmarks.blog_post import Training
from train.benchmarks.results import BLOG, FAST, POST
from train.config import Recipe, recipe
from train.data.dataset import load
from train.loop import fresh_model, train
from train.score import evaluate


@pytest.fixture
def short(monkeypatch):
    """Use trainings of a few steps."""
    monkeypatch.setattr(time_to_accuracy, "LENGTHS", (1, 2))
    monkeypatch.setattr(time_to_accuracy, "QUICK_LENGTHS", (1,))
    monkeypatch.setattr(time_to_accuracy, "SLOW_EPOCHS", 2)
    monkeypatch.setattr(time_to_accuracy, "SLOW_SEEDS", 1)
    monkeypatch.setattr(time_to_accuracy, "WARM_UP", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write IDX files with 140 random training digits, two batches, and 40 test digits."""
    return write(small_set(train=140, test=40), tmp_path_factory.mktemp("own"))


def call(folder, *flags) -> int:
    return time_to_accuracy.main(["--data", str(folder), "--threads", "1", *map(str, flags)])


def test_the_command_runs_every_way_seed_and_length(short, folder, tmp_path, capsys):
    assert call(folder, "--json", tmp_path / "runs.json", "--seeds", 2) == 0
    runs = {tuple(run[name] for name in ("way", "seed", "epochs")): run for run in stored_runs(tmp_path)}
    lengths = {(FAST, seed, epochs) for seed in (0, 1) for epochs in (1, 2)}
    assert set(runs) == lengths | {(POST, 0, 2), (BLOG, 0, 2)}
    for (way, _, epochs), run in runs.items():
        assert len(run["seconds"]) == epochs
        assert run["seconds"] == sorted(run["seconds"])
        calls = [accuracy is not None for accuracy in run["accuracy"]]
        assert calls == ([False] * (epochs - 1) + [True] if way == FAST else [True] * epochs)
    printed = capsys.readouterr()
    assert "140 images to learn, 40 to test" in printed.out
    assert cells(printed.out)["seeds"] == ["1", "1", "2"]
    assert printed.err.count("\n") == sum(len(run["seconds"]) for run in runs.values())


def stored_runs(folder) -> list[dict]:
    return json.loads((folder / "runs.json").read_text())["runs"]


def test_our_run_equals_the_training_loop(short, folder, tmp_path):
    """Train again with the same seed and all digits, and compare the accuracy."""
    call(folder, "--json", tmp_path / "runs.json", "--seeds", 2)
    learned, unseen = load("train", folder), load("test", folder)
    for way, seed, epochs in ((FAST, 1, 2), (BLOG, 0, 2)):
        config = replace(recipe(way).training, epochs=epochs, seed=seed, val_size=0)
        model = fresh_model(Recipe(recipe(way).model, config))
        list(train(model, learned, learned.subset(slice(0)), config))
        (run,) = (
            run for run in stored_runs(tmp_path) if (run["way"], run["seed"], run["epochs"]) == (way, seed, epochs)
        )
        assert run["accuracy"][-1] == evaluate(model, unseen).accuracy
        assert run["num_params"] == model.num_params


def test_less_than_an_epoch_trains_on_that_share_of_the_images(short, folder, tmp_path, monkeypatch):
    """Train again on that share of the images, and compare the accuracy."""
    monkeypatch.setattr(time_to_accuracy, "LENGTHS", (0.6,))
    call(folder, "--json", tmp_path / "runs.json", "--seeds", 1)
    (run,) = (run for run in stored_runs(tmp_path) if run["way"] == FAST)
    learned, config = load("train", folder), replace(recipe(FAST).training, epochs=1, val_size=0)
    model = fresh_model(Recipe(recipe(FAST).model, config))
    list(train(model, learned.subset(slice(84)), learned.subset(slice(0)), config))
    assert (run["epochs"], len(run["seconds"])) == (0.6, 1)
    assert run["accuracy"] == [evaluate(model, load("test", folder)).accuracy]


def test_lengths_beyond_the_last_target_are_not_trained(short, folder, tmp_path, monkeypatch):
    """With targets that the first length reaches, no other length is trained."""
    monkeypatch.setattr(time_to_accuracy, "TARGETS", (0.0,))
    call(folder, "--json", tmp_path / "runs.json", "--seeds", 1)
    assert [run["epochs"] for run in stored_runs(tmp_path) if run["way"] == FAST] == [1]


def test_quick_estimates_an_epoch_from_its_steps(short, folder, tmp_path, monkeypatch):
    """For the post's code one step takes two seconds of fake time, and an epoch has two steps."""
    monkeypatch.setattr(time_to_accuracy, "STEPS", 1)
    calls = []
    monkeypatch.setattr(Training, "learn", lambda _, steps=None: calls.append(steps) or 2.0)
    assert call(folder, "--json", tmp_path / "runs.json", "--quick") == 0
    runs = {run["way"]: run for run in stored_runs(tmp_path)}
    assert calls == [1, 1]  # warm-up, then measurement
    assert (runs[POST]["seconds"], runs[POST]["accuracy"], runs[POST]["steps"]) == ([4.0], [None], 1)
    assert (runs[BLOG]["accuracy"], runs[BLOG]["steps"]) == ([None], 1)
    assert runs[BLOG]["seconds"][0] > 0
    assert (runs[FAST]["epochs"], runs[FAST]["steps"]) == (1, 0)


def test_a_stopped_benchmark_prints_its_results_and_resumes(short, folder, tmp_path, capsys, monkeypatch):
    """Press Ctrl-C in the second epoch of the post's code; the second call skips finished runs."""
    epochs = Training.epochs

    def stopped(training, count, test_set):
        yield next(epochs(training, count, test_set))
        raise KeyboardInterrupt

    monkeypatch.setattr(Training, "epochs", stopped)
    assert call(folder, "--json", tmp_path / "runs.json", "--seeds", 1) == 130
    printed = capsys.readouterr()
    assert "stopped" in printed.err
    assert cells(printed.out)["seconds an epoch"][1] == "not run"
    assert cells(printed.out)["seconds an epoch"][0] != "not run"
    monkeypatch.setattr(Training, "epochs", epochs)
    assert call(folder, "--json", tmp_path / "runs.json", "--seeds", 1) == 0
    unfinished = [line.partition(",")[0] for line in capsys.readouterr().err.splitlines() if "epoch 1 of" in line]
    assert unfinished == [POST, BLOG]
    assert call(folder, "--json", tmp_path / "runs.json", "--seeds", 1) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--seeds", "0"], "seeds must be a whole number in [1, 1000], got 0"),
        (["--seeds", "9" * 23], "seeds must be a whole number in [1, 1000], got 999"),
        (["--threads", "-1"], "threads must be a whole number in [1, "),
        (["--json", "/dev/null"], "json must be a file that can be written: /dev/null is a device"),
        (["--json", "nowhere/runs.json"], "json must lie in a folder that is there"),
    ],
)
def test_invalid_arguments_are_named_before_any_work(flags, message, folder, capsys):
    assert call(folder, *flags) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"train.benchmarks.time_to_accuracy: {message}")
    assert printed.out == ""
