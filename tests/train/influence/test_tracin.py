"""TracIn against plain autograd, one digit at a time, and against what a step of gradient descent really does."""

import copy

import pytest
import torch
import torch.nn.functional as F

from tests.train.influence.conftest import made_digits, tiny, trained
from train.data.dataset import Digits
from train.influence.features import Features, head_inputs, pixels, read_features
from train.influence.tracin import (
    Checkpoint,
    answer_gradient,
    exact_influences,
    head_influences,
    influences,
    last_weights,
    log_odds,
    logit_gradient,
    most_influential,
    overlaps,
    ranked,
)

TARGET = 3


@pytest.fixture(scope="module")
def drawing() -> torch.Tensor:
    return pixels(made_digits(1, seed=5).images)[0]


@pytest.fixture(scope="module", params=[("cls", "pre"), ("mean", "pre"), ("cls", "post")])
def one(request, digits: Digits) -> Checkpoint:
    model = trained(tiny(*request.param), digits)
    return Checkpoint(model, read_features(model, digits), rate=0.5)


def plain_gradient(model, names, value_of) -> torch.Tensor:
    """Gradient of a value for some weights, by backpropagation on a copy in double precision."""
    copied = copy.deepcopy(model).double()
    weights = [weight.requires_grad_() for name, weight in copied.named_parameters() if name in names]
    return torch.cat([part.flatten() for part in torch.autograd.grad(value_of(copied), weights)])


def plain_influences(one: Checkpoint, digits: Digits, image, names) -> torch.Tensor:
    answer = plain_gradient(one.model, names, lambda model: log_odds(model(image[None].double())[0], TARGET))
    rows = [
        plain_gradient(
            one.model,
            names,
            lambda model, at=at: F.cross_entropy(
                model(pixels(digits.images[at : at + 1]).double()), digits.labels[at : at + 1]
            ),
        )
        for at in range(len(digits))
    ]
    return -one.rate * torch.stack(rows) @ answer


def test_the_inputs_of_the_head_are_those_of_the_model(one, digits):
    images = pixels(digits.images[:9])
    torch.testing.assert_close(one.model.head(head_inputs(one.model, images)), one.model(images))


def test_errors_are_the_gradients_of_the_loss_for_the_logits(one, digits):
    logits = one.model(pixels(digits.images)).requires_grad_()
    (expected,) = torch.autograd.grad(F.cross_entropy(logits, digits.labels, reduction="sum"), logits)
    torch.testing.assert_close(one.features.errors, expected, atol=1e-5, rtol=1e-4)


def test_log_odds_and_their_gradient():
    logits = torch.tensor([0.2, -1.0, 3.0, 0.5], dtype=torch.float64, requires_grad=True)
    share = logits.softmax(0)[2]
    value = log_odds(logits, 2)
    assert value.item() == pytest.approx((share / (1 - share)).log().item())
    torch.testing.assert_close(logit_gradient(logits.detach(), 2), torch.autograd.grad(value, logits)[0])


def test_the_closed_form_of_the_head_equals_autograd(one, digits, drawing):
    few = digits.subset(slice(12))
    small = Checkpoint(one.model, Features(one.features.inputs[:12], one.features.errors[:12]), one.rate)
    expected = plain_influences(one, few, drawing, {"head.weight", "head.bias"})
    torch.testing.assert_close(head_influences(small, drawing, TARGET).double(), expected, atol=1e-4, rtol=1e-3)


def test_the_exact_influence_equals_autograd_one_digit_at_a_time(one, digits, drawing):
    few, names = digits.subset(slice(12)), set(last_weights(one.model))
    assert any(name.startswith("blocks.1.") for name in names) and not any("blocks.0." in name for name in names)
    expected = plain_influences(one, few, drawing, names)
    got = exact_influences(one, few, answer_gradient(one.model, drawing, TARGET))
    torch.testing.assert_close(got.double(), expected, atol=1e-4, rtol=1e-3)


def test_the_influence_predicts_what_a_small_step_on_a_digit_does(one, digits, drawing):
    rate, model = 1e-4, copy.deepcopy(one.model).double()
    weights = {name: weight for name, weight in model.named_parameters() if name in last_weights(one.model)}
    before = log_odds(model(drawing[None].double())[0], TARGET)
    predicted = influences([Checkpoint(one.model, one.features)], digits.subset(slice(8)), drawing, TARGET)
    for at in range(8):
        stepped = copy.deepcopy(model)
        for name, weight in stepped.named_parameters():
            weight.requires_grad_(name in weights)
        loss = F.cross_entropy(stepped(pixels(digits.images[at : at + 1]).double()), digits.labels[at : at + 1])
        loss.backward()
        torch.optim.SGD([w for w in stepped.parameters() if w.requires_grad], lr=rate).step()
        change = (log_odds(stepped(drawing[None].double())[0], TARGET) - before).item()
        assert change == pytest.approx(rate * predicted[at].item(), rel=0.05, abs=1e-7)


def test_the_search_with_all_candidates_is_exact_and_with_few_it_is_part_of_it(one, digits, drawing):
    values = influences([one], digits, drawing, TARGET)
    exact = [ranked(torch.arange(len(digits)), side * values, 10) for side in (1, -1)]
    found = most_influential([one], digits, drawing, TARGET, count=10, candidates=len(digits))
    assert list(overlaps(found, exact)) == [1, 1]
    torch.testing.assert_close(found[0].influences, exact[0].influences)
    assert (found[0].influences > 0).all() and (found[1].influences < 0).all()
    assert (found[1].influences.diff() >= 0).all()  # the strongest opponent first
    fewer = most_influential([one], digits, drawing, TARGET, count=10, candidates=20)
    assert not set(fewer[0].places.tolist()) & set(fewer[1].places.tolist())


def test_the_influences_of_checkpoints_add_up(digits, drawing):
    models = [trained(tiny(), digits, steps) for steps in (5, 40)]
    ones = [
        Checkpoint(model, read_features(model, digits), rate) for model, rate in zip(models, (0.3, 0.1), strict=True)
    ]
    apart = [influences([each], digits, drawing, TARGET) for each in ones]
    torch.testing.assert_close(influences(ones, digits, drawing, TARGET), apart[0] + apart[1])


def test_no_digits_are_refused(one, digits):
    with pytest.raises(ValueError, match="at least one image"):
        read_features(one.model, digits.subset(slice(0)))
