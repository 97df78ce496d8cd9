"""Test settings that change while a model trains, and the gradient norm that each step reports."""

from dataclasses import fields, replace

import pytest
import torch
import torch.nn.functional as F

from train.config import Recipe, TrainConfig
from train.data.dataset import Digits, batches
from train.events import Step
from train.loop import CHANGEABLE, check_change, fresh_model, train
from vit import VisionTransformer, ViTConfig

SMALL = ViTConfig(embed_dim=16, depth=1, num_heads=2, mlp_dim=16)
MUON = TrainConfig(epochs=2, batch_size=16, optimizer="muon", lr=8e-3, weight_decay=0.01, schedule="linear", warmup=0.1)
ADAM = TrainConfig(epochs=2, batch_size=16, lr=3e-3)
both = pytest.mark.parametrize("config", [MUON, ADAM], ids=["muon", "adam"])
OTHER = {
    "lr": 1e-3,
    "weight_decay": 0.3,
    "patch_dropout": 0.5,
    **{"rotation": 9.0, "scale": 0.2, "aspect": 0.2, "shear": 0.2, "shift": 2.0, "elastic": 1.0, "thickness": 0.5},
}
FIXED = {
    **{"epochs": 3, "batch_size": 8, "optimizer": "adam", "schedule": "constant", "warmup": 0.2, "whiten": 1.0},
    **{"distill": 0.5, "temperature": 1.0, "precision": "bfloat16", "rare_shapes": 0.1, "amounts": "triangular"},
    **{"dataset": "kmnist", "per_class": 3, "without": (4,), "val_size": 7, "seed": 9},
}


@pytest.fixture
def digits(mnist_train: Digits) -> Digits:
    """Return a hundred digits: six batches of 16 and one of 4."""
    return mnist_train.subset(slice(100))


def trained(
    digits: Digits, config: TrainConfig, at: int = 0, changed: TrainConfig | None = None
) -> tuple[VisionTransformer, list[Step]]:
    """Train to the end, with other settings after step `at`; return the model and its steps."""
    model = fresh_model(Recipe(SMALL, config))
    events, steps = train(model, digits, digits.subset(slice(0)), config), []
    answer = None
    while True:
        try:
            event = events.send(answer)
        except StopIteration:
            return model, steps
        answer = changed if isinstance(event, Step) and event.step == at else None
        if isinstance(event, Step):
            steps.append(event)


def same(ours: VisionTransformer, theirs: VisionTransformer) -> bool:
    return all(map(torch.equal, ours.parameters(), theirs.parameters()))


@both
def test_sending_the_same_settings_changes_nothing(config, digits):
    assert same(trained(digits, config)[0], trained(digits, config, 5, replace(config))[0])


@both
@pytest.mark.parametrize("name", CHANGEABLE)
def test_another_setting_takes_effect_at_the_next_step(config, name, digits):
    """A step's loss is from before its update, so a learning rate or decay shows one step later."""
    plain = trained(digits, config)[1]
    other = trained(digits, config, 5, replace(config, **{name: OTHER[name]}))[1]
    losses = [[step.loss for step in steps] for steps in (plain, other)]
    assert losses[0][:5] == losses[1][:5]
    assert losses[0][5:] != losses[1][5:]


@both
def test_a_new_learning_rate_follows_the_schedule(config, digits):
    plain = [step.lr for step in trained(digits, config)[1]]
    other = [step.lr for step in trained(digits, config, 5, replace(config, lr=config.lr / 4))[1]]
    assert other[:5] == plain[:5]
    assert other[5:] == pytest.approx([lr / 4 for lr in plain[5:]])


@pytest.mark.parametrize("name", FIXED)
def test_a_fixed_setting_cannot_change_and_the_error_says_so(name):
    with pytest.raises(ValueError, match=rf"{name} must stay .* while a model trains, got .*; start a new run"):
        check_change(MUON, replace(MUON, **{name: FIXED[name]}))


def test_every_setting_is_either_changeable_or_fixed():
    names = {field.name for field in fields(TrainConfig)}
    assert set(CHANGEABLE) | set(FIXED) == names
    assert set(OTHER) == set(CHANGEABLE)
    check_change(MUON, replace(MUON, **OTHER))


@both
def test_the_gradient_norm_is_over_all_weights(config, digits):
    """Compare with the gradient of the first batch, computed by hand; the seed decides the batch."""
    model = fresh_model(Recipe(SMALL, config))
    events = train(model, digits, digits.subset(slice(0)), config)
    step = next(events)
    events.close()
    assert isinstance(step, Step)
    twin = fresh_model(Recipe(SMALL, config))
    images, labels = next(batches(digits, 16, torch.Generator().manual_seed(config.seed * 100_003 + 1)))
    F.cross_entropy(twin(images), labels).backward()
    squares = sum(float((weight.grad**2).sum()) for weight in twin.parameters() if weight.grad is not None)
    assert step.gradient == pytest.approx(squares**0.5, rel=1e-4)
