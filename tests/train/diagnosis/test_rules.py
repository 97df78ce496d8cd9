"""Test the diagnosis of trainings: silent on good ones, right on bad ones; on real trainings and on made-up curves."""

from collections.abc import Sequence
from dataclasses import replace
from math import log
from statistics import fmean
from typing import Any, NamedTuple

import pytest
import torch

from train.config import RECIPES, Recipe, TrainConfig
from train.data.dataset import Digits
from train.diagnosis.finding import Finding
from train.diagnosis.no_learning import GOOD_LR, max_step
from train.diagnosis.rules import diagnose
from train.events import Epoch, Step
from train.loop import CHANGEABLE, DivergedError, check_change, fresh_model, train
from train.splits import hold_out
from vit import PRESETS, VisionTransformer, ViTConfig

SMALL = ViTConfig(embed_dim=32, depth=1, num_heads=4, mlp_dim=64)
BRIEF: dict[str, Any] = {"precision": "float32", "val_size": 300, "epochs": 4, "batch_size": 32}
BLOG, FAST = (replace(RECIPES[name].training, **BRIEF) for name in ("blog", "fast"))
CHANCE = log(10)


class Point(NamedTuple):
    step: int
    loss: float
    accuracy: float
    lr: float = 3e-4


class Outcome(NamedTuple):
    """A training and its findings: of each kind the first one."""

    model: VisionTransformer
    history: list[Step]
    findings: dict[str, Finding]


def train_and_diagnose(digits: Digits, config: TrainConfig, size: ViTConfig = SMALL, steps: int = 10**6) -> Outcome:
    """Train for some steps, and diagnose after every fifth."""
    learned, validation = hold_out(digits, config)
    model, history, checks = fresh_model(Recipe(size, config)), [], []
    found: dict[str, Finding] = {}

    def ask(failed: str = "") -> None:
        for finding in diagnose(history, checks, config, size, failed=failed):
            found.setdefault(finding.kind, finding)

    try:
        for event in train(model, learned, validation, config):
            if isinstance(event, Step):
                history.append(event)
            elif isinstance(event, Epoch) and event.val:
                checks.append(Point(event.step, event.val.loss, event.val.accuracy))
            if len(history) % 5 == 0:
                ask()
            if len(history) == steps:
                break
    except DivergedError as error:
        ask(str(error))
    return Outcome(model, history, found)


def warnings(outcome: Outcome) -> dict[str, Finding]:
    return {kind: finding for kind, finding in outcome.findings.items() if finding.level == "warning"}


# --- real trainings


@pytest.mark.slow
@pytest.mark.parametrize("config", [BLOG, FAST], ids=["blog", "fast"])
def test_a_good_training_has_no_warnings(config, mnist_train):
    outcome = train_and_diagnose(mnist_train.subset(slice(2300)), config)
    assert warnings(outcome) == {}
    assert fmean(step.loss for step in outcome.history[-20:]) < CHANCE - 0.4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["blog", "fast"])
def test_the_recipes_own_models_have_no_warnings(name, mnist_train):
    config = replace(RECIPES[name].training, precision="float32", val_size=300, batch_size=32)
    outcome = train_and_diagnose(mnist_train.subset(slice(2300)), config, RECIPES[name].model, steps=130)
    assert warnings(outcome) == {}


@pytest.mark.slow
@pytest.mark.parametrize("config", [replace(BLOG, lr=1.0), replace(FAST, lr=1.0)], ids=["adam", "muon"])
def test_a_rate_of_one_is_reported_and_the_advised_rate_learns(config, mnist_train):
    digits = mnist_train.subset(slice(2300))
    finding = train_and_diagnose(digits, config, steps=120).findings["diverging"]
    assert "worse than blind guessing (2.30)" in finding.claim
    assert finding.change
    cured = train_and_diagnose(digits, replace(config, **finding.change))
    assert warnings(cured) == {}
    assert fmean(step.loss for step in cured.history[-20:]) < CHANCE - 0.4


@pytest.mark.parametrize("config", [replace(BLOG, lr=1e-7), replace(FAST, lr=1e-7)], ids=["adam", "muon"])
def test_a_tiny_rate_is_reported_with_the_largest_weight_change(config, mnist_train):
    config = replace(config, warmup=0.0, whiten=0.0)
    outcome = train_and_diagnose(mnist_train.subset(slice(2300)), config, steps=70)
    assert list(outcome.findings) == ["idle"]
    finding = outcome.findings["idle"]
    assert finding.change == {"lr": GOOD_LR[config.optimizer]}
    limit = float(finding.claim.rstrip(".").rpartition(" ")[2])
    start = fresh_model(Recipe(SMALL, config))
    moved = [
        (after - before).abs().max().item()
        for after, before in zip(outcome.model.parameters(), start.parameters(), strict=True)
    ]
    assert limit / 20 < max(moved) < limit


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_no_step_is_larger_than_max_step(optimizer, mnist_train):
    """This holds at an ordinary learning rate, too, where gradients change from step to step."""
    config = replace(BLOG if optimizer == "adam" else FAST, warmup=0.0, whiten=0.0, schedule="constant")
    learned, validation = hold_out(mnist_train.subset(slice(1000)), config)
    model = fresh_model(Recipe(SMALL, config))
    before, shares = torch.nn.utils.parameters_to_vector(model.parameters()).detach(), []
    for _, event in zip(range(20), train(model, learned, validation, config), strict=False):
        assert isinstance(event, Step)
        after = torch.nn.utils.parameters_to_vector(model.parameters()).detach()
        shares.append((after - before).abs().max().item() / (event.lr * max_step(config, SMALL)))
        before = after.clone()
    assert 0.05 < max(shares) <= 1


def test_a_loss_that_is_no_number_is_reported(mnist_train):
    """A model with an infinite weight in its head diverges, and the loop's error becomes a sentence."""
    config = replace(BLOG, lr=0.02)
    learned, validation = hold_out(mnist_train.subset(slice(400)), config)
    model = fresh_model(Recipe(SMALL, config))
    with torch.no_grad():
        model.head.weight[0, 0] = float("inf")
    with pytest.raises(DivergedError) as caught:
        list(train(model, learned, validation, config))
    (finding,) = diagnose([], [], config, SMALL, failed=str(caught.value))
    assert (finding.kind, finding.claim) == ("lost", "The loss became inf at step 1.")
    assert finding.change == {"lr": 3e-4}
    assert diagnose([Point(7, float("nan"), 0.1)], [], config, SMALL)[0].claim == "The loss became nan by step 7."


def test_another_failure_is_not_called_a_divergence():
    assert diagnose([], [], BLOG, SMALL, failed="the data could not be fetched") == []


@pytest.mark.slow
def test_memorising_a_hundred_digits_is_reported(mnist_train):
    config = replace(BLOG, lr=2e-3, epochs=120, batch_size=25)
    outcome = train_and_diagnose(mnist_train.subset(slice(400)), config)
    finding = outcome.findings["overfitting"]
    assert finding.change
    assert set(finding.change) <= set(CHANGEABLE)
    assert "by heart" in finding.advice
    check_change(config, replace(config, **finding.change))


# --- curves at the limits


def noise(
    mean: float, count: int, *, spread: float = 0.02, first: int = 1, every: int = 1, lr: float = 3e-4
) -> list[Point]:
    """Return a curve with exactly this mean that alternates by `spread`."""
    return [Point(first + every * at, mean + spread * (-1) ** at, 0.1, lr) for at in range(count)]


def kinds(
    history: Sequence[Point], validation: Sequence[Point] = (), config: TrainConfig = BLOG, **more: Any
) -> list[str]:
    return [finding.kind for finding in diagnose(history, validation, config, SMALL, **more)]


def test_chance_level_is_reported_only_where_it_is_true():
    assert kinds(noise(CHANCE - 0.04, 130)) == ["stuck"]
    assert kinds(noise(CHANCE - 0.06, 130)) == []
    assert kinds(noise(CHANCE, 110)) == []
    assert kinds(noise(CHANCE, 130), config=replace(BLOG, distill=0.5)) == []
    falling = [Point(step, CHANCE + 0.1 - 0.001 * step, 0.1) for step in range(1, 131)]
    assert kinds(falling) == []


def test_a_loss_far_above_chance_is_called_rising_only_where_it_rises():
    assert kinds(noise(CHANCE + 0.6, 30)) == ["diverging"]
    assert kinds(noise(CHANCE + 0.4, 30)) == []
    assert kinds(noise(CHANCE + 0.6, 30, spread=1.0)) == []
    rising = [Point(step, 3 + step / 10, 0.1) for step in range(1, 31)]
    claims = [diagnose(history, [], BLOG, SMALL)[0].claim for history in (rising, noise(CHANCE + 0.6, 30))]
    assert ["rising" in claim for claim in claims] == [True, False]


def test_the_advice_raises_a_low_rate_and_lowers_a_high_one():
    low, high = (
        diagnose(noise(CHANCE, 400, lr=lr), [], replace(BLOG, lr=lr), SMALL)[0] for lr in (2e-5, GOOD_LR["adam"])
    )
    assert (low.kind, low.change) == ("stuck", {"lr": 3e-4})
    assert (high.kind, high.change) == ("stuck", {"lr": 3e-5})


def test_steps_before_a_change_are_ignored():
    history = noise(CHANCE + 1, 130)
    assert kinds(history, since=0) == ["diverging"]
    assert kinds(history, since=125) == []


def test_nothing_is_reported_during_warmup():
    config = replace(BLOG, warmup=0.5)
    climb = [Point(step, CHANCE, 0.1, 1e-6 * step) for step in range(1, 201)]
    assert kinds(climb, config=config) == []
    assert kinds([*climb, *noise(CHANCE, 130, first=201, lr=2e-4)], config=config) == ["stuck"]


def test_a_thinned_curve_gives_the_same_finding():
    assert kinds(noise(CHANCE, 30, every=20)) == kinds(noise(CHANCE, 600)) == ["stuck"]


def test_epochs_shorter_than_a_thinned_point_give_no_finding():
    """A curve with a point every five steps is empty after four epochs of one step, which are all validated."""
    checks, config = [Point(step, 0.5, 0.9) for step in range(1, 6)], replace(FAST, val_size=100)
    assert kinds([], checks[:4], config) == []
    assert kinds([Point(5, 0.4, 0.1)], checks, config) == ["bent"]


def epoch_curves(
    trained: Sequence[float], validation: Sequence[tuple[float, float]]
) -> tuple[list[Point], list[Point]]:
    """Return training points and validation points of epochs of 50 steps each."""
    history = [
        Point(50 * epoch + step, 1 - share + 0.01, share)
        for epoch, share in enumerate(trained)
        for step in range(1, 51)
    ]
    return history, [Point(50 * epoch, *check) for epoch, check in enumerate(validation, start=1)]


def test_overfitting_takes_two_epochs_a_gap_and_a_loss_that_has_risen():
    config = replace(BLOG, val_size=5000)
    trained = [0.7, 0.9, 0.99, 1.0]
    assert kinds(*epoch_curves(trained, [(0.5, 0.85), (0.4, 0.9), (0.45, 0.9), (0.5, 0.9)]), config) == ["overfitting"]
    assert kinds(*epoch_curves(trained, [(0.5, 0.85), (0.4, 0.9), (0.39, 0.9), (0.5, 0.9)]), config) == []
    assert kinds(*epoch_curves(trained, [(0.5, 0.85), (0.4, 0.9), (0.41, 0.9), (0.42, 0.9)]), config) == []
    assert kinds(*epoch_curves(trained, [(0.5, 0.85), (0.4, 0.97), (0.45, 0.97), (0.5, 0.98)]), config) == []
    few = replace(config, val_size=30)
    assert kinds(*epoch_curves(trained, [(0.5, 0.85), (0.4, 0.9), (0.45, 0.9), (0.5, 0.9)]), few) == []


def test_a_lower_accuracy_on_augmented_digits_is_only_a_note():
    curves = epoch_curves([0.7, 0.93], [(0.5, 0.9), (0.1, 0.97)])
    (finding,) = diagnose(*curves, replace(FAST, val_size=5000), PRESETS["4x4"])
    assert (finding.kind, finding.level, finding.change) == ("bent", "note", None)
    assert "93.0%" in finding.claim
    assert "97.0%" in finding.claim
    assert kinds(*curves, replace(BLOG, val_size=5000)) == []


@pytest.mark.parametrize(("share", "kind"), [(0.27, "low"), (0.79, "low"), (0.81, "bent"), (0.97, "bent")])
def test_a_low_accuracy_is_reported_before_the_gap(share, kind):
    """Below 80 % the low accuracy is reported instead of the gap to the training digits."""
    curves = epoch_curves([0.1, share - 0.1], [(2.0, share - 0.2), (1.9, share)])
    (finding,) = [
        found for found in diagnose(*curves, replace(FAST, val_size=5000), SMALL) if found.kind in ("low", "bent")
    ]
    assert finding.kind == kind
    assert ("no fault" in finding.advice) is (kind == "bent")
    assert f"{share:.1%}" in finding.claim and f"{share - 0.1:.1%}" in finding.claim + finding.advice
    assert finding.claim.startswith("The model reads only") is (kind == "low")


def test_a_plateau_is_reported_only_at_a_constant_rate_and_where_it_is_flat():
    validation = [Point(100 * epoch, 0.3, 0.9) for epoch in range(1, 7)]
    flat = noise(0.3, 600)
    finding = diagnose(flat, validation, BLOG, SMALL)[0]
    assert (finding.kind, finding.level, finding.change) == ("plateau", "note", {"lr": 1e-4})
    assert kinds(flat, validation, replace(BLOG, schedule="linear")) == []
    assert kinds([point._replace(loss=point.loss * (1 - point.step / 5000)) for point in flat], validation) == []
    assert kinds(flat, [check._replace(loss=0.3 - check.step / 5000) for check in validation]) == []
    assert kinds(noise(0.03, 600), validation) == []
