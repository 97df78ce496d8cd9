"""Compare the evaluation of a model with plain loops over the images."""

import io
import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.stats import binomtest, norm
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import vit
from tests.train.idx import small_set, write
from train.data.dataset import Digits, load
from train.evaluation.__main__ import evaluation_report, main
from train.evaluation.predictions import predict, predict_logits
from train.evaluation.reliability_diagram import BINS
from train.evaluation.robustness import CHANGES, accuracy_curves
from train.score import confusion_matrix, evaluate, wilson
from train.tensorboard import Board
from vit import VisionTransformer, ViTConfig, checkpoint
from vit.calibration import Calibration

SMALL = ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8, dropout=0.5)


@pytest.fixture(scope="module")
def model() -> VisionTransformer:
    """Build a small untrained model whose predictions depend on the image, so that it predicts several classes."""
    torch.manual_seed(0)
    model = VisionTransformer(SMALL)
    with torch.no_grad():
        model.head.weight.normal_()
        model.pos_embed.mul_(0.05)
    return model


@pytest.fixture(scope="module")
def digits(mnist_test: Digits) -> Digits:
    return mnist_test.subset(slice(230))


@pytest.mark.parametrize("batch_size", [1, 50, 230, 1000])
def test_evaluate_equals_a_plain_loop(model, digits, batch_size):
    loss, right, table = 0.0, 0, torch.zeros(10, 10, dtype=torch.int64)
    model.eval()
    with torch.no_grad():
        for image, label in zip(digits.images, digits.labels, strict=True):
            logits = model(image[None, None] / 255)[0]
            loss += F.cross_entropy(logits, label).item() / len(digits)
            right += int(logits.argmax() == label)
            table[label, logits.argmax()] += 1
    score = evaluate(model, digits, batch_size)
    assert score.loss == pytest.approx(loss, rel=1e-5)
    assert score.accuracy == pytest.approx(right / len(digits), abs=1e-9)
    assert torch.equal(score.confusion, table)
    assert len(table.sum(dim=0).nonzero()) > 2  # with few predicted classes, wrong counting could pass


def test_confusion_rows_are_the_true_digits(model, digits):
    score = evaluate(model, digits)
    assert score.confusion.shape == (10, 10)
    assert torch.equal(score.confusion.sum(dim=1), digits.labels.bincount(minlength=10))
    table = confusion_matrix(torch.tensor([3, 3, 3, 8]), torch.tensor([5, 5, 3, 8]), 10)
    assert {tuple(place): table[tuple(place)].item() for place in table.nonzero().tolist()} == {
        (3, 5): 2,
        (3, 3): 1,
        (8, 8): 1,
    }


@pytest.mark.parametrize("training", [True, False])
def test_evaluate_leaves_the_model_as_it_was(model, digits, training):
    model.train(training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, second = evaluate(model, digits), evaluate(model, digits)
    assert first.loss == second.loss  # dropout is off in both modes
    assert all(module.training is training for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


def test_the_mode_is_restored_after_an_error(model, digits):
    model.train()
    with pytest.raises(ValueError, match="batch_size"):
        evaluate(model, digits, batch_size=0)
    assert model.training


def test_an_empty_set_is_refused(model, digits):
    with pytest.raises(ValueError, match="at least one image"):
        evaluate(model, digits.subset(slice(0)))


@pytest.mark.slow
@pytest.mark.parametrize("name", checkpoint.shipped())
def test_a_shipped_checkpoint_has_the_accuracy_of_its_header(name, mnist_test):
    claimed = checkpoint.read_header(name).figures["test"]
    score = evaluate(vit.load(name), mnist_test)
    assert score.accuracy == pytest.approx(claimed["accuracy"], abs=1e-9)
    assert score.loss == pytest.approx(claimed["loss"], abs=1e-4)


@pytest.mark.parametrize(("right", "count"), [(0, 10), (10, 10), (1, 3), (9948, 10_000), (4990, 5000)])
def test_the_interval_of_an_accuracy_is_wilsons(right, count):
    """The counted share lies 1.96 standard errors of each bound away from that bound (Wilson 1927)."""
    low, high = wilson(right / count, count)
    for bound, expected in ((low, 1.96), (high, -1.96)):
        if 0 < bound < 1:
            assert (right / count - bound) / math.sqrt(bound * (1 - bound) / count) == pytest.approx(expected, abs=1e-9)
    assert (low == 0) == (right == 0) and (high == 1) == (right == count)
    confidence = float(1 - 2 * norm.sf(1.96))
    assert (low, high) == pytest.approx(tuple(binomtest(right, count).proportion_ci(confidence, method="wilson")))


@pytest.mark.parametrize("training", [True, False])
def test_predictions_do_not_depend_on_the_batch(model, digits, training):
    model.train(training)
    reports = []
    logits = predict_logits(model, digits.images, lambda done, of: reports.append((done, of)))
    assert all(module.training is training for module in model.modules())
    model.eval()
    with torch.no_grad():
        alone = torch.cat([model(image[None, None] / 255) for image in digits.images])
    torch.testing.assert_close(logits, alone, atol=1e-5, rtol=1e-5)
    assert reports[-1] == (len(digits), len(digits))


def test_mistakes_are_sorted_by_confidence_and_cells_hold_all_digits(model, digits):
    found = predict(model, digits, Calibration(temperature=2.0))
    score = evaluate(model, digits)
    assert found.accuracy == score.accuracy
    assert torch.equal(confusion_matrix(found.labels, found.digits, 10), score.confusion)
    torch.testing.assert_close(found.probs, (predict_logits(model, digits.images) / 2).softmax(-1))
    wrong = [at for at in range(len(digits)) if found.probs[at].argmax() != digits.labels[at]]
    assert sorted(found.mistakes().tolist()) == wrong
    assert (found.confidence[found.mistakes()].diff() <= 0).all()
    places = []
    for written in range(10):
        for digit in range(10):
            cell = found.cell(written, digit)
            assert len(cell) == score.confusion[written, digit]
            steps = found.confidence[cell].diff()
            assert (steps >= 0).all() if written == digit else (steps <= 0).all()
            places += cell.tolist()
    assert sorted(places) == list(range(len(digits)))


def test_the_reliability_diagram_equals_a_count_bin_by_bin(model, digits):
    found = predict(model, digits)
    error, filled = 0.0, 0
    for b in range(BINS):
        inside = [
            (p, y)
            for p, y in zip(found.confidence.tolist(), found.right.tolist(), strict=True)
            if b / BINS < p <= (b + 1) / BINS
        ]
        assert found.calibration.counts[b] == len(inside)
        if inside:
            filled += 1
            confidence, right = (math.fsum(column) / len(inside) for column in zip(*inside, strict=True))
            assert found.calibration.confidence[b].item() == pytest.approx(confidence)
            assert found.calibration.right[b].item() == pytest.approx(right)
            error += len(inside) / len(digits) * abs(confidence - right)
    assert filled > 3
    assert error > 0.05
    assert found.calibration.error == pytest.approx(error, abs=1e-6)


def test_an_empty_set_cannot_be_predicted(model, digits):
    with pytest.raises(ValueError, match="at least one image"):
        predict(model, digits.subset(slice(0)))


def test_the_command_prints_and_writes_its_measurements(model, tmp_path, capsys):
    data, file = write(small_set(), tmp_path / "data"), tmp_path / "found.json"
    checkpoint.save(model, tmp_path / "small.safetensors")
    assert main(["--model", str(tmp_path / "small.safetensors"), "--data", str(data), "--json", str(file)]) == 0
    written = json.loads(file.read_text())[str(tmp_path / "small.safetensors")]
    test_set = load("test", data)
    found = evaluation_report(predict(model, test_set), accuracy_curves(model, test_set), len(test_set))
    assert written == json.loads(json.dumps(found))
    printed = capsys.readouterr().out
    low, high = found["interval"]
    wrong = len(found["mistakes"])
    assert f"{found['accuracy']:.2%} of 20 test digits read right (95 % interval {low:.2%} to {high:.2%})" in printed
    assert f", {wrong} mistakes" in printed
    assert all(f"| {one['index']} | {one['written']} | {one['read']} |" in printed for one in found["mistakes"][:10])
    assert f"Calibration error {found['calibration']['error']:.2%}" in printed
    for name, way in CHANGES.items():
        row = " | ".join(f"{share:.1%}" for _, share in found["robustness"]["curves"][name])
        assert f"{way.title} ({way.unit})" in printed
        assert f"| read right | {row} |" in printed


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--model", "nobody"], "nobody"),
        (["--threads", "0"], "threads"),
        (["--threads", "99999"], "threads"),
        (["--json", "/dev/null"], "/dev/null is a device"),
        (["--data", "{}/file"], ""),
    ],
)
def test_invalid_arguments_give_one_sentence(argv, message, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main([part.format(tmp_path) for part in argv]) == 1
    error = capsys.readouterr().err
    assert error.startswith("train.evaluation: ")
    assert message in error
    assert error.count("\n") == 1


def test_tensorboard_gets_the_same_figures(model, digits, tmp_path):
    board = Board(tmp_path, digits.images[:2, None] / 255, steps_an_epoch=1)
    board.test(model, digits, 3)
    board.close()
    events = EventAccumulator(str(tmp_path), {"scalars": 0, "images": 0}).Reload()
    found = evaluation_report(predict(model, digits), accuracy_curves(model, digits), len(digits))
    (error,) = events.Scalars("test calibration error")
    assert (error.step, error.value) == (3, pytest.approx(found["calibration"]["error"], abs=1e-6))
    for name, curve in found["robustness"]["curves"].items():
        (mean,) = events.Scalars(f"robustness/{name}")
        assert (mean.step, mean.value) == (3, pytest.approx(sum(share for _, share in curve) / len(curve), abs=1e-6))
    for tag in ("calibration", "robustness"):
        (picture,) = events.Images(tag)
        image = np.asarray(Image.open(io.BytesIO(picture.encoded_image_string)).convert("L"))
        assert min(image.shape) > 100
        assert np.ptp(image) > 100  # something is drawn
