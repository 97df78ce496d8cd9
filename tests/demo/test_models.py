"""Test that shipped models are found, described and calibrated by their own files."""

from dataclasses import replace

import numpy as np
import pytest

from demo import models
from demo.models import LoadedModel
from tests.demo.shipping import by_energy
from vit import VisionTransformer, ViTConfig, checkpoint


def test_the_default_model_comes_first_and_the_others_by_name(two_ship, tmp_path):
    checkpoint.save(VisionTransformer(ViTConfig(patch_size=14)), tmp_path / "blog.safetensors")
    assert list(models.shipped()) == ["digits-4x4", "blog", "digits-7x7"]
    assert models.default_name() == "digits-4x4"
    assert models.shipped()["blog"].model.config.patch_size == 14


def test_without_the_default_model_another_takes_its_place(two_ship, tmp_path):
    (tmp_path / "digits-4x4.safetensors").unlink()
    assert models.default_name() == "digits-7x7"
    assert [choice["token"] for choice in models.options()] == ["digits-7x7"]


def test_a_model_is_loaded_once(two_ship):
    assert models.shipped_model("digits-7x7") is models.shipped_model("digits-7x7")


@pytest.mark.parametrize("name", [None, "digits", [], "/etc/passwd"])
def test_an_unknown_model_is_refused_with_the_known_names(two_ship, name):
    with pytest.raises(ValueError, match="choose one of digits-4x4, digits-7x7"):
        models.shipped_model(name)


@pytest.mark.parametrize("name", ["mine", "digits-7x7"])
def test_files_in_the_working_folder_are_not_models(two_ship, tmp_path, monkeypatch, name):
    (tmp_path / "here").mkdir()
    checkpoint.save(VisionTransformer(ViTConfig()), tmp_path / "here" / name)
    monkeypatch.chdir(tmp_path / "here")
    assert list(models.shipped()) == ["digits-4x4", "digits-7x7"]
    assert models.shipped_model("digits-7x7").model.config.patch_size == 4


def test_options_say_how_the_models_differ(two_ship):
    assert models.options() == [
        {
            "token": "digits-4x4",
            "label": "16 patches",
            "title": "digits-4x4: cuts the image into 16 patches of 7×7 pixels",
            "summary": models.shipped_model("digits-4x4").summary,
        },
        {
            "token": "digits-7x7",
            "label": "49 patches",
            "title": "digits-7x7: cuts the image into 49 patches of 4×4 pixels",
            "summary": "49 patches, 805,130 parameters, 98.77% right on MNIST's test.",
        },
    ]


def test_a_summary_without_figures_has_no_accuracy(two_ship, tmp_path):
    checkpoint.save(VisionTransformer(ViTConfig()), tmp_path / "new.safetensors")
    assert (
        models.shipped_model("new").summary
        == f"{models.shipped_model('new').model.config.num_patches} patches, 105,546 parameters."
    )


@pytest.mark.parametrize(("threshold", "in_distribution"), [(1.0, True), (0.999, False)])
def test_a_threshold_is_the_largest_score_in_distribution(threshold, in_distribution):
    """The image's OOD score is 1, so it is in distribution only with a threshold of 1."""
    model = VisionTransformer(ViTConfig()).eval()
    calibration = by_energy(model)
    assert calibration.ood_detector
    quiet = replace(calibration.ood_detector, ranks=calibration.ood_detector.ranks - 100)
    loaded = LoadedModel(model, "", replace(calibration, ood_detector=quiet, threshold=threshold))
    _, prediction = loaded.read(np.zeros((28, 28), dtype=np.float32))
    assert (prediction.ood_score, prediction.in_distribution) == (1.0, in_distribution)
