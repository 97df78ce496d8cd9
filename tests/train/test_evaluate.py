"""What `evaluate` says of a model is what a plain loop over the images finds."""

import pytest
import torch
import torch.nn.functional as F
from scipy.stats import binomtest

import vit
from train.data import Digits
from train.evaluate import confusion, evaluate
from train.runs import wilson
from vit import VisionTransformer, ViTConfig, checkpoint

SMALL = ViTConfig(embed_dim=8, depth=1, num_heads=2, mlp_dim=8, dropout=0.5)


@pytest.fixture(scope="module")
def model() -> VisionTransformer:
    """A small untrained model with opinions: what it sees outweighs where, so that it reads several classes."""
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
    assert len(table.sum(dim=0).nonzero()) > 2  # else right and wrong ways to count would agree


def test_confusion_rows_are_the_true_digits(model, digits):
    score = evaluate(model, digits)
    assert score.confusion.shape == (10, 10)
    assert torch.equal(score.confusion.sum(dim=1), digits.labels.bincount(minlength=10))
    table = confusion(torch.tensor([3, 3, 3, 8]), torch.tensor([5, 5, 3, 8]), 10)
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
    assert first.loss == second.loss  # dropout is off, whatever the mode was
    assert all(module.training is training for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


def test_the_mode_is_put_back_after_an_error_too(model, digits):
    model.train()
    with pytest.raises(ValueError, match="batch_size"):
        evaluate(model, digits, batch_size=0)
    assert model.training


def test_an_empty_set_is_refused(model, digits):
    with pytest.raises(ValueError, match="at least one image"):
        evaluate(model, digits.subset(slice(0)))


@pytest.mark.slow
@pytest.mark.parametrize("name", checkpoint.shipped())
def test_a_shipped_checkpoint_reads_as_well_as_its_header_says(name, mnist_test):
    claimed = checkpoint.read_header(name).figures["test"]
    score = evaluate(vit.load(name), mnist_test)
    assert score.accuracy == pytest.approx(claimed["accuracy"], abs=1e-9)
    assert score.loss == pytest.approx(claimed["loss"], abs=1e-4)


@pytest.mark.parametrize(("right", "count"), [(0, 10), (10, 10), (1, 3), (9948, 10_000), (4990, 5000)])
def test_the_interval_of_an_accuracy_is_wilsons(right, count):
    expected = binomtest(right, count).proportion_ci(0.95, method="wilson")
    assert wilson(right / count, count) == pytest.approx((expected.low, expected.high), abs=1e-5)
