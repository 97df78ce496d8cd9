"""Test what `python -m train` writes: its folder, its checkpoints and their header, its output, TensorBoard's logs."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

import train.__main__ as command
import vit
from tests.train.command_line import STEPS, TINY, run, run_folder, same, same_with_header, scalars
from train.config import TrainConfig
from train.data.dataset import load
from train.score import evaluate
from train.splits import hold_out
from vit import checkpoint


@pytest.fixture(scope="module")
def events(finished) -> EventAccumulator:
    """Load the run's logs as TensorBoard does."""
    accumulator = EventAccumulator(str(run_folder(finished[0] / "runs")), {"scalars": 0, "images": 0})
    return accumulator.Reload()


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
