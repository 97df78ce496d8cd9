"""Test the calibration command: its fit, its stored result, and the aims of the shipped models."""

import json

import pytest
import torch

import vit
from train.data.dataset import DataError, Digits
from train.evaluation import calibrate as command
from train.evaluation.calibrate import calibrate
from train.evaluation.fit_ood import extract, ood_scores
from train.evaluation.fit_temperature import temperature
from train.evaluation.ood_report import auroc, measure_ood
from train.splits import split_as_trained
from train.synthetic.non_digits import fashion_mnist
from vit import VisionTransformer, ViTConfig, checkpoint
from vit.calibration import Calibration
from vit.checkpoint import CheckpointError
from vit.ood_detector import TENSORS

TINY = ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8)


@pytest.fixture
def few(monkeypatch):
    """Use small sets, so that a fit takes seconds."""
    for name, value in {"FITTED": 600, "NON_DIGITS": 20, "EVALUATED": 10, "REDRAWN": 3}.items():
        monkeypatch.setattr(command, name, value)


def sample_labels(logits: torch.Tensor, seed: int = 0) -> torch.Tensor:
    """Draw a label for each row of logits from its probabilities."""
    return logits.softmax(dim=-1).multinomial(1, generator=torch.Generator().manual_seed(seed))[:, 0]


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.7, 3.0])
def test_the_fit_recovers_a_known_temperature(factor):
    logits = 2 * torch.randn(20_000, 10, generator=torch.Generator().manual_seed(1))
    assert temperature(factor * logits, sample_labels(logits)) == pytest.approx(factor, rel=0.04)


def test_a_model_that_is_always_right_keeps_a_finite_temperature():
    assert 0 < temperature(10 * torch.eye(10), torch.arange(10)) < 1


def test_the_same_seed_gives_the_same_calibration(few, mnist_train):
    model, train_set, val_set = (
        vit.load("digits-4x4"),
        mnist_train.subset(slice(900)),
        mnist_train.subset(slice(900, 1000)),
    )
    first, again, other = (calibrate(model, train_set, val_set, seed=seed) for seed in (0, 0, 1))
    assert (first.temperature, first.threshold) == (again.temperature, again.threshold)
    for name in TENSORS:
        assert torch.equal(getattr(first.ood_detector, name), getattr(again.ood_detector, name)), name
    assert first.ood_detector is not None and other.ood_detector is not None
    assert not torch.equal(first.ood_detector.weights, other.ood_detector.weights)


def test_a_small_fit_separates_digits_from_noise(few, mnist_train, mnist_test):
    """The fit never saw noise or black images; the OOD scores of new digits have their median near 0.5."""
    model = vit.load("digits-4x4")
    calibration = calibrate(model, mnist_train.subset(slice(900)), mnist_train.subset(slice(900, 1500)))
    digit_scores = ood_scores(calibration, extract(model, mnist_test.images[:500]))
    noise = torch.rand(100, 28, 28, generator=torch.Generator().manual_seed(0))
    assert auroc(digit_scores, ood_scores(calibration, extract(model, noise))) > 0.99
    assert ood_scores(calibration, extract(model, torch.zeros(1, 28, 28))) > calibration.threshold
    assert (digit_scores > calibration.threshold).float().mean() < 0.05
    assert digit_scores.median() == pytest.approx(0.5, abs=0.12)


def test_empty_sets_and_missing_classes_are_refused(few, mnist_train):
    model, some = vit.load("digits-4x4"), mnist_train.subset(slice(50))
    with pytest.raises(ValueError, match="val_set must hold digits"):
        calibrate(model, some, some.subset(slice(0)))
    with pytest.raises(ValueError, match="got no 7"):
        calibrate(model, some.subset(some.labels != 7), some)


@pytest.fixture
def path(few, mnist_train, mnist_test, monkeypatch, tmp_path):
    """Save an untrained model, and use small sets in place of MNIST and Fashion-MNIST."""
    sets = {"train": mnist_train.subset(slice(400)), "test": mnist_test.subset(slice(60))}
    monkeypatch.setattr(command, "load", lambda part, *_: sets[part])
    monkeypatch.setattr(command, "fashion_mnist", lambda _, count, __: torch.randint(0, 256, (count, 28, 28)).byte())
    torch.manual_seed(0)
    target = tmp_path / "model.safetensors"
    recipe = {"training": {"val_size": 100}, "done_epochs": 1}
    checkpoint.save(VisionTransformer(TINY), target, recipe, {"test": 0.1}, {"momentum": torch.ones(2)})
    return target


def test_the_command_does_not_change_the_file_without_write(path, tmp_path, capsys):
    before = path.read_bytes()
    assert command.main(["--model", str(path), "--json", str(tmp_path / "found.json")]) == 0
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["model"] == str(path)
    assert found["digits"]["images"] == 60
    assert "Fashion-MNIST" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_the_command_uses_a_stored_calibration(path, monkeypatch, capsys):
    assert command.main(["--model", str(path), "--write"]) == 0
    first = capsys.readouterr().out
    stored = checkpoint.read_calibration(path)
    header = checkpoint.read_header(path)
    assert stored is not None and stored.ood_detector is not None
    assert (header.recipe["done_epochs"], header.figures) == (1, {"test": 0.1})
    assert list(checkpoint.read_extra(path)) == ["momentum"]
    monkeypatch.setattr(command, "calibrate", lambda *_: pytest.fail("it was fitted again"))
    monkeypatch.setattr(command, "fashion_mnist", lambda _, count, __: torch.randint(0, 256, (count, 28, 28)).byte())
    assert command.main(["--model", str(path)]) == 0
    again = capsys.readouterr().out
    assert again.splitlines()[:6] == first.splitlines()[:6]


def test_invalid_arguments_give_one_sentence(path, capsys):
    flags = (["--threads", "0"], ["--threads", "99999"], ["--json", "/dev/null"])
    for argv in (["--model", "digits-9x9"], *(["--model", str(path), *wrong] for wrong in flags)):
        assert command.main(argv) == 1
        error = capsys.readouterr().err
        assert error.startswith("train.evaluation.calibrate: ") and error.count("\n") == 1


def test_a_stored_calibration_of_another_model_is_an_error(path):
    torch.manual_seed(0)
    other = VisionTransformer(ViTConfig(embed_dim=16, depth=1, num_heads=2, mlp_dim=8))
    assert command.main(["--model", str(path), "--write"]) == 0
    checkpoint.save(other, path, calibration=checkpoint.read_calibration(path))
    with pytest.raises(CheckpointError, match="axes must be"):
        checkpoint.read_calibration(path)


@pytest.mark.slow
@pytest.mark.parametrize("name", checkpoint.shipped())
def test_a_shipped_model_rejects_non_digits_and_few_digits(name, mnist_train, mnist_test):
    """The aims: 1 % of digits rejected, AUROC 0.98 against clothes and scribbles, a calibration error of 1 %."""
    model, calibration = vit.load(name), checkpoint.read_calibration(name)
    if calibration is None:
        calibration = calibrate(model, *split_as_trained(checkpoint.read_header(name).recipe, mnist_train))
    found = measure_non_digits(model, calibration, mnist_test)
    assert found["digits"]["rejected"] <= 0.01
    assert found["calibration_error"]["after"]["equal_width"] <= 0.01
    for kind, one in found["non_digits"].items():
        assert one["auroc"] >= 0.98 or kind.startswith(("letters", "shapes")), kind
        assert one["auroc"] >= 0.95, kind
    assert found["non_digits"]["all scribbles"]["rejected"] > 0.7


def measure_non_digits(model: VisionTransformer, calibration: Calibration, test_set: Digits) -> dict:
    some = test_set.subset(slice(0, None, 5))
    non_digits = command.eval_non_digits(200, 99)
    try:
        non_digits["Fashion-MNIST"] = fashion_mnist("data", 500)
    except DataError as error:
        pytest.skip(str(error))
    return measure_ood(model, calibration, some, {}, non_digits)
