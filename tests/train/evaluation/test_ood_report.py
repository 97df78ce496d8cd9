"""Compare shares, AUROC and calibration errors with counts one by one."""

from itertools import product

import pytest
import torch

from tests.train.synthetic.test_non_digits import digits
from train.evaluation import ood_report
from train.evaluation.ood_report import auroc, measure_ood, ood_table, share, unusual_digits
from train.evaluation.reliability_diagram import BINS, calibration_errors
from train.synthetic.non_digits import SCRIBBLES
from train.synthetic.vectorize import NO_SKIMAGE
from vit import VisionTransformer, ViTConfig
from vit.calibration import Calibration

SMALL = ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8)


def test_auroc_counts_pairs_and_halves_ties():
    generator = torch.Generator().manual_seed(0)
    ours, theirs = (torch.randint(0, 12, (40,), generator=generator).float() for _ in range(2))
    theirs += 2
    pairs = [1.0 if other > one else 0.5 if other == one else 0.0 for one, other in product(ours, theirs)]
    assert auroc(ours, theirs) == pytest.approx(sum(pairs) / len(pairs))
    assert auroc(torch.zeros(3), torch.ones(4)) == 1
    assert auroc(torch.ones(3), torch.ones(4)) == 0.5


def error_by_bins(confidence: list[float], right: list[bool], bins: list[list[int]]) -> float:
    gaps = [
        abs(sum(confidence[at] - right[at] for at in one) / len(one)) * len(one) / len(confidence)
        for one in bins
        if one
    ]
    return sum(gaps)


def test_calibration_errors_count_bin_by_bin():
    generator = torch.Generator().manual_seed(1)
    probs = (3 * torch.randn(450, 10, generator=generator)).softmax(dim=-1).double()
    right = torch.rand(450, generator=generator) < 0.7
    confidence = probs.amax(dim=-1).tolist()
    widths = [[at for at, p in enumerate(confidence) if b / BINS < p <= (b + 1) / BINS] for b in range(BINS)]
    order = sorted(range(450), key=lambda at: confidence[at])
    counts = [order[30 * b : 30 * (b + 1)] for b in range(BINS)]
    report = calibration_errors(probs, right)
    assert report["equal_width"] == pytest.approx(error_by_bins(confidence, right.tolist(), widths))
    assert report["adaptive"] == pytest.approx(error_by_bins(confidence, right.tolist(), counts))
    assert report["equal_width"] > 0.02


def test_a_prediction_that_is_always_right_and_certain_has_no_error():
    probs = torch.eye(10).repeat(3, 1)
    assert calibration_errors(probs, torch.ones(30, dtype=torch.bool)) == {"equal_width": 0, "adaptive": 0}
    assert calibration_errors(probs, torch.zeros(30, dtype=torch.bool))["equal_width"] == 1


def test_share():
    assert share(torch.tensor([True, False, True, True])) == 0.75
    assert share(torch.tensor([], dtype=torch.bool)) == 0


@pytest.fixture
def report(monkeypatch):
    """Measure a model whose OOD score rejects exactly the bright images."""
    torch.manual_seed(0)
    model, test_set = VisionTransformer(SMALL).eval(), digits(40)
    bright, dark = (torch.full((8, 28, 28), value, dtype=torch.uint8) for value in (250, 0))
    monkeypatch.setattr(ood_report, "ood_scores", lambda _, outputs: outputs.cells.mean(dim=-1))
    non_digits = {**dict.fromkeys(SCRIBBLES, bright), "shadows": dark}
    return (
        measure_ood(model, Calibration(2.0, 0.5), test_set, {"neat": dark, "bold": bright}, non_digits),
        model,
        test_set,
    )


def test_the_report_has_the_measured_shares(report):
    measured, model, test_set = report
    assert measured["digits"]["rejected"] == 0
    right = (model(test_set.images[:, None] / 255).argmax(dim=-1) == test_set.labels).float().mean().item()
    assert measured["digits"]["accuracy"] == measured["digits"]["accuracy_accepted"] == pytest.approx(right)
    assert [measured["unusual_digits"][name]["rejected"] for name in ("neat", "bold")] == [0, 1]
    assert measured["non_digits"]["shadows"] == {"images": 8, "rejected": 0, "auroc": 0}
    assert measured["non_digits"]["all scribbles"] == {"images": 8 * len(SCRIBBLES), "rejected": 1, "auroc": 1}
    errors_found = measured["calibration_error"]
    assert errors_found["before"] != errors_found["after"]
    assert (measured["temperature"], measured["threshold"]) == (2.0, 0.5)


def test_the_table_has_every_row(report):
    text = ood_table(report[0])
    for name in (*report[0]["unusual_digits"], *report[0]["non_digits"], "MNIST test", "before", "after", "read right"):
        assert sum(line.startswith(name) for line in text.splitlines()) == 1, name
    assert "100.00%" in next(line for line in text.splitlines() if line.startswith("bold"))
    assert max(map(len, text.splitlines())) <= 88


def test_unusual_digits_repeat_by_seed(mnist_test):
    some, again, other = (unusual_digits(mnist_test, 4, seed) for seed in (1, 1, 2))
    assert list(some) == ["redrawn", "rare shapes", "in print"]
    for name, images in some.items():
        assert images.shape == (4, 28, 28) and images.dtype == torch.uint8
        assert torch.equal(images, again[name])
        assert not torch.equal(images, other[name])
    redrawn, own = some["redrawn"].double() / 255, mnist_test.images[:4].double() / 255
    overlap = (redrawn * own).sum(dim=(1, 2)) / (redrawn.square().sum(dim=(1, 2)) * own.square().sum(dim=(1, 2))).sqrt()
    assert overlap.mean() > 0.4, "the drawings are not of these digits"


def test_without_scikit_image_no_digit_is_redrawn(mnist_test, monkeypatch):
    def missing(image):
        raise ImportError(NO_SKIMAGE)

    monkeypatch.setattr(ood_report, "vectorize", missing)
    assert list(unusual_digits(mnist_test, 2, 1)) == ["rare shapes", "in print"]
