"""The race: the same batches for all, what is measured of each, and both commands from end to end."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import train.__main__ as command
from tests.train.benchmarks.conftest import threads  # noqa: F401 (used by name)
from train import families
from train.benchmarks import families as benchmark
from train.benchmarks.families import Result, cost_table
from train.data.dataset import Digits
from train.events import Done, Step
from train.families.changes import CHANGES, shuffle_all, shuffle_each, stretch, turn
from train.families.race import contestants, race, race_training
from train.families.recipe import fresh_network
from train.loop import train
from train.score import evaluate

pytestmark = pytest.mark.usefixtures("threads")
CLI = ["--epochs", "1", "--batch-size", "32", "--val-size", "60", "--threads", "1", "--device", "cpu"]


# --- the race


def test_all_three_learn_from_the_same_batches(mnist_train):
    models, seen = contestants(), {}
    for name, model in models.items():
        batches = seen.setdefault(name, [])
        model.register_forward_pre_hook(lambda _, inputs, batches=batches: batches.append(inputs[0].clone()))
    config = race_training(epochs=2)
    events = list(race(models, mnist_train.subset(slice(300)), mnist_train.subset(slice(0)), config))
    assert len(seen["vit"]) == 6
    for name in ("cnn", "mlp"):
        assert all(torch.equal(ours, theirs) for ours, theirs in zip(seen["vit"], seen[name], strict=True))
    assert all(isinstance(event, Done) for event in events[-1].values())
    assert [event.step for event in events[-1].values()] == [6, 6, 6]


def test_a_race_that_is_left_leaves_usable_models(mnist_train):
    models = contestants()
    running = race(models, mnist_train.subset(slice(300)), mnist_train.subset(slice(0)), race_training(epochs=1))
    assert all(isinstance(event, Step) for event in next(running).values())
    running.close()
    assert not any(model.training for model in models.values())


@pytest.mark.slow
@pytest.mark.parametrize(("family", "least"), [("cnn", 0.9), ("mlp", 0.84)])
def test_a_short_training_reads_most_test_digits(family, least, mnist_train, mnist_test):
    network = fresh_network(family, seed=0)
    for _ in train(network, mnist_train.subset(slice(6000)), mnist_train.subset(slice(0)), race_training(epochs=2)):
        pass
    assert evaluate(network, mnist_test.subset(slice(1000))).accuracy > least


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimizer": "muon"}, "optimizer must be adam for the family mlp, got muon"),
        ({"whiten": 0.5}, r"whiten must be 0\.0 for the family mlp, got 0\.5"),
        ({"patch_dropout": 0.25}, r"patch_dropout must be 0\.0 for the family mlp"),
    ],
)
def test_what_only_a_vit_can_do_is_refused(change, message, mnist_train):
    config = replace(race_training(1), **change)
    with pytest.raises(ValueError, match=message):
        train(fresh_network("mlp", 0), mnist_train.subset(slice(10)), mnist_train.subset(slice(0)), config)


# --- the changes


def test_shuffled_patches_are_the_same_patches(mnist_test):
    images = mnist_test.images[:20, None] / 255
    shuffled = shuffle_each(images)

    def sums(each: torch.Tensor) -> torch.Tensor:
        return each.reshape(20, 4, 7, 4, 7).sum(dim=(2, 4)).flatten(1).sort(dim=1).values

    assert torch.allclose(sums(images), sums(shuffled), atol=1e-4)
    assert not torch.equal(images, shuffled)
    digits = mnist_test.subset(slice(20))
    pixels = shuffle_all(digits, side=1)
    assert torch.equal(pixels.images.flatten(1).sort(dim=1).values, digits.images.flatten(1).sort(dim=1).values)
    assert torch.equal(pixels.images[0] > 0, shuffle_all(digits.subset(slice(1)), side=1).images[0] > 0)  # one order


def test_stretched_and_turned_digits_are_larger_and_turned():
    bar = torch.zeros(2, 1, 28, 28)
    bar[..., 9:19, 9:19] = 1  # a square of 10 pixels
    wide, high = (each[0] > 0.5 for each in stretch(bar, 1.4))
    assert [wide.any(0).sum(), wide.any(1).sum(), high.any(0).sum(), high.any(1).sum()] == [14, 10, 10, 14]
    bar[..., 14:, :] = 0  # its upper half
    quarter = turn(bar, 90.0)
    right, left = (each[0].nonzero().float().mean(dim=0)[1] for each in quarter)
    assert left < 13.5 < right


# --- the commands


@pytest.mark.parametrize("family", ["cnn", "mlp"])
def test_the_command_trains_and_saves_a_network(family, data, tmp_path, capsys):
    out = tmp_path / "out.safetensors"
    arguments = ["--family", family, "--data", str(data), "--runs", str(tmp_path / "runs"), "--out", str(out), *CLI]
    assert command.main(arguments) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith(f"{family}-mnist_")
    assert sorted(path.name for path in folder.iterdir()) == ["last.safetensors", "model.safetensors"]
    header = families.read_header(out)
    assert (header.family, header.recipe["done_epochs"]) == (family, 1)
    assert header.recipe["training"]["optimizer"] == "adam"
    assert f"test accuracy {header.figures['test']['accuracy']:.2%}" in capsys.readouterr().out
    score = evaluate(families.load(out), Digits(*(torch.from_numpy(part) for part in read_test(data))))
    assert header.figures["test"]["accuracy"] == pytest.approx(score.accuracy)


def read_test(data):
    """The test digits of the small set, from its bytes."""
    images = np.fromfile(data / "t10k-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 28, 28)
    return images, np.fromfile(data / "t10k-labels-idx1-ubyte", np.uint8)[8:].astype(np.int64)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--depth", "3"], "depth must be left out for the family cnn, got 3"),
        (["--resume", "runs/one"], "resume must be left out for the family cnn, got runs/one"),
        (["--optimizer", "muon"], "optimizer must be adam for the family cnn, got muon"),
        (["--epochs", "0"], "epochs must be a whole number"),
    ],
)
def test_a_flag_that_does_not_fit_is_named(arguments, message, data, tmp_path, capsys):
    where = ["--data", str(data), "--runs", str(tmp_path / "runs"), "--val-size", "0"]
    assert command.main(["--family", "cnn", *where, *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"train: {message}") and len(error.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_the_benchmark_prints_and_writes_three_tables(data, tmp_path, capsys):
    out = tmp_path / "race.json"
    few = ["--images", "64", "--digits", "50", "--epochs", "2"]
    assert benchmark.main(["--data", str(data), *few, "--json", str(out)]) == 0
    printed, results = capsys.readouterr().out, json.loads(out.read_text())
    assert results["machine"]["processor"] in printed
    assert list(results["networks"]) == ["vit", "cnn", "mlp"]
    for one in results["networks"].values():
        assert len(one["accuracy"]) == len(one["seconds"]) == 2
        assert one["changed"].keys() == CHANGES.keys()
        assert one["changed"]["clean"] == one["accuracy"][-1]
    assert printed.count("| ViT |") == 3


def test_the_costs_are_ratios_to_the_vit():
    results = {"vit": Result(200_000, [0.5, 0.8], [4.0, 8.0]), "mlp": Result(100_000, [0.96], [1.0])}
    vit, mlp = cost_table(results, 100).splitlines()[2:]
    assert [cell.strip() for cell in vit.split("|")][4:9] == ["4.0", "1.00", "never", "1.00", "0.400"]
    assert [cell.strip() for cell in mlp.split("|")][4:9] == ["1.0", "0.12", "1.0", "9.60", "0.960"]


@pytest.mark.parametrize(
    ("flag", "message"),
    [("--images", "images must be"), ("--epochs", "epochs must be"), ("--digits", "digits must be")],
)
def test_what_cannot_be_done_is_said_in_a_sentence(flag, message, data, capsys):
    assert benchmark.main(["--data", str(data), flag, "0"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"train.benchmarks.families: {message}") and len(error.splitlines()) == 1
