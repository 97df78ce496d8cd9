"""Nearest digits, unlearning, and the head without some digits, against simple ways to compute the same."""

import copy

import pytest
import torch
import torch.nn.functional as F

from tests.train.influence.conftest import made_digits, tiny, trained
from train.influence.__main__ import main
from train.influence.features import head_inputs, pixels, read_features
from train.influence.groups import choose_groups, effects, hardest, random_places
from train.influence.head_refit import PENALTY, answer, fit_head, with_one
from train.influence.nearest import nearest, nearest_pixels
from train.influence.tracin import Checkpoint, log_odds
from train.influence.unlearning import UnlearnConfig, norm_of, unlearn
from vit import checkpoint


@pytest.fixture(scope="module")
def one(digits) -> Checkpoint:
    model = trained(tiny(), digits, steps=150)
    return Checkpoint(model, read_features(model, digits))


@pytest.fixture(scope="module")
def drawing() -> torch.Tensor:
    return pixels(made_digits(1, seed=5).images)[0]


def answer_of(model, drawing) -> int:
    return int(model(drawing[None]).argmax())


def test_the_nearest_are_those_of_a_plain_loop(one, digits, drawing):
    row = head_inputs(one.model, drawing[None])[0]
    distances = [
        sum((float(a) - float(b)) ** 2 for a, b in zip(each, row, strict=True)) ** 0.5 for each in one.features.inputs
    ]
    places, values = nearest(one.features.inputs, row, 7)
    assert places.tolist() == sorted(range(len(digits)), key=lambda at: distances[at])[:7]
    assert values.tolist() == pytest.approx(sorted(distances)[:7], rel=1e-4)
    by_pixels = ((pixels(digits.images) - drawing) ** 2).sum(dim=(1, 2, 3))
    assert nearest_pixels(digits.images, drawing[0], 7)[0].tolist() == by_pixels.argsort()[:7].tolist()


@pytest.mark.parametrize(("equal", "amount"), [("length", 0.01), ("rate", 0.1)])
def test_unlearned_digits_are_read_worse_and_the_model_itself_stays(one, digits, equal, amount):
    forgotten, before = digits.subset(slice(10)), [weight.clone() for weight in one.model.parameters()]
    changed = unlearn(one.model, forgotten, UnlearnConfig(equal, amount))
    losses = [F.cross_entropy(model(pixels(forgotten.images)), forgotten.labels) for model in (one.model, changed)]
    assert losses[1] > losses[0]
    assert all(torch.equal(old, new) for old, new in zip(before, one.model.parameters(), strict=True))
    if equal == "length":  # steps that turn make the way shorter, never longer
        moved = norm_of([new - old for old, new in zip(before, changed.parameters(), strict=True)])
        assert 0.5 * amount < moved / norm_of(before) <= 1.0001 * amount


def test_one_step_of_equal_rate_is_gradient_ascent(one, digits):
    few, copied = digits.subset(slice(5)), copy.deepcopy(one.model).requires_grad_(True)
    F.cross_entropy(copied(pixels(few.images)), few.labels).backward()
    changed = unlearn(one.model, few, UnlearnConfig("rate", 0.2, steps=1))
    for old, new in zip(copied.parameters(), changed.parameters(), strict=True):
        torch.testing.assert_close(new, old.detach() + 0.2 * old.grad)


def test_without_its_supporters_an_answer_is_less_likely_than_without_others(one, digits, drawing):
    target = answer_of(one.model, drawing)
    groups = choose_groups(one, digits, drawing, target, count=8)
    found = effects(one.model, {name: digits.subset(at) for name, at in groups.items()}, drawing, target)
    assert found["supporters"].change < min(found["random"].change, 0)
    again = unlearn(one.model, digits.subset(groups["supporters"]))
    expected = log_odds(again(drawing[None])[0], target) - log_odds(one.model(drawing[None])[0], target)
    assert found["supporters"].change == pytest.approx(expected.item())


def test_random_digits_have_the_label_and_repeat(digits):
    places = random_places(digits.labels, 3, 4, 6)
    assert (digits.labels[places] == 4).all() and len(set(places.tolist())) == 6
    assert torch.equal(places, random_places(digits.labels, 3, 4, 6))
    assert not torch.equal(random_places(digits.labels, 3), random_places(digits.labels, 4))


def test_the_hardest_digits_have_the_label_and_the_largest_losses(one, digits):
    losses = F.cross_entropy(one.model(pixels(digits.images)), digits.labels, reduction="none")
    expected = sorted((digits.labels == 4).nonzero()[:, 0].tolist(), key=lambda at: -losses[at])[:5]
    assert hardest(one.features, digits.labels, 4, 5).tolist() == expected


def fitted_by_lbfgs(rows, labels, classes) -> torch.Tensor:
    """The same head by another optimizer, from zero."""
    weights = torch.zeros(classes, rows.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights], max_iter=2000, tolerance_grad=1e-9, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(rows @ weights.T, labels, reduction="sum") + PENALTY / 2 * (weights**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weights.detach()


def test_the_head_with_and_without_digits_is_that_of_another_optimizer(one, digits):
    fit, out = fit_head(one.model, one.features, digits.labels), torch.tensor([3, 50, 51])
    stay = torch.ones(len(digits), dtype=torch.bool)
    stay[out] = False
    rows = with_one(one.features.inputs)
    torch.testing.assert_close(fit.weights, fitted_by_lbfgs(rows, digits.labels, 10), atol=1e-5, rtol=1e-4)
    expected = fitted_by_lbfgs(rows[stay], digits.labels[stay], 10)
    torch.testing.assert_close(fit.without(out), expected, atol=1e-5, rtol=1e-4)


def test_the_influence_function_predicts_what_leaving_a_digit_out_does(one, digits, drawing):
    fit, target = fit_head(one.model, one.features, digits.labels), answer_of(one.model, drawing)
    row = with_one(head_inputs(one.model, drawing[None])[0])
    predicted = fit.influences(row, target)
    strongest = predicted.abs().argsort(descending=True)[5:25]
    changes = [answer(fit.without(at[None]), row, target) - answer(fit.weights, row, target) for at in strongest]
    both = torch.stack([-predicted[strongest], torch.tensor(changes, dtype=torch.float64)])
    assert torch.corrcoef(both)[0, 1] > 0.9


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"equal": "distance"}, "equal must be one of length, rate"),
        ({"amount": 0.0}, "amount must be a finite number"),
        ({"steps": 0}, "steps must be a positive whole number"),
    ],
)
def test_a_wrong_dose_is_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        UnlearnConfig(**options)


def test_nothing_to_unlearn_is_refused(one, digits):
    with pytest.raises(ValueError, match="at least one digit to unlearn"):
        unlearn(one.model, digits.subset(slice(0)))


@pytest.mark.slow
def test_the_command_measures_every_group(mnist_raw, tmp_path, capsys):
    file, path = tmp_path / "result.json", tmp_path / "tiny.safetensors"
    checkpoint.save(tiny().eval(), path)
    words = ["--model", str(path), "--digits", "2", "--images", "300", "--searched", "1", "--json", str(file)]
    assert main([*words, "--data", str(mnist_raw.parents[1])]) == 0
    printed = capsys.readouterr().out
    assert "| supporters (TracIn) |" in printed and "| influence function of the head |" in printed
    assert "Found by the search:" in printed and '"same_label"' in file.read_text()


def test_the_command_refuses_what_there_is_not(capsys):
    assert main(["--model", "no-such-model"]) == 1
    assert "no checkpoint 'no-such-model'" in capsys.readouterr().err
