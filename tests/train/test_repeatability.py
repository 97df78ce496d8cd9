"""Test that a seed repeats a run, that a resumed run equals an uninterrupted one, and that a run can be closed."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.train.small_runs import ADAM, AUGMENTED, SMALL, WITH_DROPOUT, both, of, run, same
from train.config import Recipe
from train.loop import Done, Epoch, Step, fresh_model, train
from train.splits import hold_out
from vit import VisionTransformer, checkpoint

# --- repeatability


@both
def test_the_same_seed_gives_the_same_weights(config, digits, val_set):
    config = replace(config, **AUGMENTED)
    first, events = run(digits, val_set, config, WITH_DROPOUT)
    second, again = run(digits, val_set, config, WITH_DROPOUT)
    other, _ = run(digits, val_set, replace(config, seed=1), WITH_DROPOUT)
    assert same(first, second)
    assert [step.loss for step in of(Step, events)] == [step.loss for step in of(Step, again)]
    assert not same(first, other)


def test_the_seed_decides_the_initial_weights_the_order_and_the_split(digits):
    weights = [fresh_model(Recipe(SMALL, replace(ADAM, seed=seed))) for seed in (0, 0, 1)]
    assert same(weights[0], weights[1])
    assert not same(weights[0], weights[2])
    held_out = [hold_out(digits, replace(ADAM, val_size=30, seed=seed))[1].images for seed in (0, 0, 1)]
    assert torch.equal(held_out[0], held_out[1])
    assert not torch.equal(held_out[0], held_out[2])
    losses = []  # same initial weights, other seed: another order, so other losses
    for seed in (0, 1):
        model = fresh_model(Recipe(SMALL, ADAM))
        losses.append(next(train(model, digits, digits.subset(slice(0)), replace(ADAM, seed=seed))).loss)
    assert losses[0] != losses[1]


def test_random_numbers_of_the_consumer_do_not_change_the_run(digits, val_set):
    """The run does not change the consumer's draws either, although dropout uses PyTorch's global generator."""
    expected, _ = run(digits, val_set, ADAM, WITH_DROPOUT)
    model = fresh_model(Recipe(WITH_DROPOUT, ADAM))
    torch.manual_seed(7)
    expected_draws = torch.rand(17)
    torch.manual_seed(7)
    drawn = [torch.rand(()) for _ in train(model, digits, val_set, ADAM)]
    assert same(model, expected)
    assert torch.equal(torch.stack(drawn), expected_draws)


def test_dropout_differs_between_steps(digits):
    """Every batch holds the same digit and the weights do not move, so only dropout can change the loss."""
    one = digits.subset(torch.zeros(100, dtype=torch.int64))
    config = replace(ADAM, batch_size=25, lr=1e-12)
    losses = [step.loss for step in of(Step, run(one, digits, config, WITH_DROPOUT)[1])]
    still = [step.loss for step in of(Step, run(one, digits, config, SMALL)[1])]
    assert len({round(loss, 5) for loss in losses}) == 8
    assert max(still) - min(still) < 1e-5


# --- stopping and resuming


@both
def test_a_resumed_run_equals_an_uninterrupted_one(config, digits, val_set, tmp_path):
    """Save and load a checkpoint, with dropout and augmentation; all weights agree bit for bit."""
    config = replace(config, epochs=3, **AUGMENTED)
    whole, events = run(digits, val_set, config, WITH_DROPOUT)
    model = fresh_model(Recipe(WITH_DROPOUT, config))
    for event in train(model, digits, val_set, config):
        if isinstance(event, Epoch):
            checkpoint.save(model, tmp_path / "last.safetensors", extra=event.state)
            break
    resumed = checkpoint.load(tmp_path / "last.safetensors")
    state = checkpoint.read_extra(tmp_path / "last.safetensors")
    left = list(train(resumed, digits, val_set, config, done_epochs=1, done_seconds=100.0, resume=state))
    assert same(resumed, whole)
    steps = [(step.step, step.steps, step.epoch, step.loss, step.lr) for step in of(Step, events) if step.epoch > 1]
    assert [(step.step, step.steps, step.epoch, step.loss, step.lr) for step in of(Step, left)] == steps
    assert left[0].seconds > 100


@both
def test_an_epochs_state_is_a_copy(config, digits, val_set):
    """A state kept while training goes on can still resume from its epoch, more than once."""
    config = replace(config, epochs=3)
    model = fresh_model(Recipe(SMALL, config))
    weights: dict[str, Tensor] = {}
    events = []
    for event in train(model, digits, val_set, config):
        events.append(event)
        if isinstance(event, Epoch) and event.epoch == 1:
            weights = {name: value.clone() for name, value in model.state_dict().items()}
    for _ in range(2):
        again = VisionTransformer(SMALL)
        again.load_state_dict(weights)
        list(train(again, digits, val_set, config, done_epochs=1, resume=of(Epoch, events)[0].state))
        assert same(again, model)


def test_resuming_a_finished_run_only_scores_it(digits, val_set):
    model, events = run(digits, val_set, ADAM)
    before = VisionTransformer(SMALL)
    before.load_state_dict(model.state_dict())
    state = of(Epoch, events)[-1].state
    (done,) = train(model, digits, val_set, ADAM, done_epochs=2, done_seconds=5.0, resume=state)
    assert isinstance(done, Done)
    assert (done.epochs, done.step, done.seconds) == (2, 14, 5.0)
    assert done.val is not None and done.val.accuracy == of(Done, events)[0].val.accuracy
    assert same(model, before)


@pytest.mark.parametrize("last", [3, 7, 8, 9])
def test_closing_stops_at_once_and_leaves_a_usable_model(last, digits, val_set):
    """Close within an epoch, at its last step, at its `Epoch`, and at the first step of the next epoch."""
    model = fresh_model(Recipe(WITH_DROPOUT, ADAM))
    events = train(model, digits, val_set, ADAM)
    for _ in range(last):
        next(events)
    weights = [weight.detach().clone() for weight in model.parameters()]
    events.close()
    assert not any(module.training for module in model.modules())
    assert all(torch.equal(*pair) for pair in zip(weights, model.parameters(), strict=True))
    assert list(events) == []
    images = digits.images[:5, None] / 255
    with torch.no_grad():
        assert torch.equal(model(images), model(images))
        assert model(images).isfinite().all()


def test_closing_before_the_first_step_leaves_the_untrained_model(digits, val_set):
    model = fresh_model(Recipe(WITH_DROPOUT, ADAM))
    train(model, digits, val_set, ADAM).close()
    assert not model.training
    assert same(model, fresh_model(Recipe(WITH_DROPOUT, ADAM)))


def test_an_error_in_the_consumer_leaves_the_model_in_evaluation_mode(digits, val_set):
    model = fresh_model(Recipe(WITH_DROPOUT, ADAM))
    events = train(model, digits, val_set, ADAM)
    next(events)
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt)
    assert not model.training
