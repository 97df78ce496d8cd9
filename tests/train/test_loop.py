"""Test the events of training, its errors and refused arguments, and the validation set."""

import math
import time
from dataclasses import replace

import pytest
import torch

from tests.train.small_runs import ADAM, MUON, SMALL, WITH_DROPOUT, both, of, run
from train.config import Recipe
from train.data.dataset import Digits
from train.loop import DivergedError, Done, Epoch, Step, fresh_model, train
from train.score import evaluate
from train.splits import hold_out

# --- events


@both
def test_events_come_in_order_and_are_counted(config, digits, val_set):
    model, events = run(digits, val_set, config)
    kinds = "".join(type(event).__name__[0] for event in events)
    assert kinds == "SSSSSSSE" * 2 + "D"
    steps, epochs, (done,) = of(Step, events), of(Epoch, events), of(Done, events)
    assert [(step.step, step.steps, step.epoch) for step in steps] == [(n, 14, 1 + (n > 7)) for n in range(1, 15)]
    assert [(epoch.epoch, epoch.epochs, epoch.step) for epoch in epochs] == [(1, 2, 7), (2, 2, 14)]
    assert (done.epochs, done.step) == (2, 14)
    assert done.val is epochs[-1].val
    assert not model.training


def test_an_epochs_figures_are_the_means_of_its_steps(digits, val_set):
    _, events = run(digits, val_set, MUON)
    for epoch in of(Epoch, events):
        steps = [step for step in of(Step, events) if step.epoch == epoch.epoch]
        assert epoch.loss == pytest.approx(sum(step.loss for step in steps) / 7, rel=1e-5)
        assert epoch.accuracy == pytest.approx(sum(step.accuracy for step in steps) / 7, rel=1e-5)


def test_a_steps_figures_are_of_its_batch_before_its_update(digits, val_set):
    """With all digits in one batch, the figures equal those of an untrained model."""
    config = replace(ADAM, batch_size=100, epochs=1)
    untrained = evaluate(fresh_model(Recipe(SMALL, config)), digits)
    step = of(Step, run(digits, val_set, config)[1])[0]
    assert step.loss == pytest.approx(untrained.loss, rel=1e-5)
    assert step.accuracy == pytest.approx(untrained.accuracy)


def test_the_learning_rate_follows_the_schedule(digits, val_set):
    steps = of(Step, run(digits, val_set, replace(MUON, warmup=0.0))[1])
    assert [step.lr for step in steps] == pytest.approx([8e-3 * (1 - done / 14) for done in range(14)])


def test_the_optimisers_follow_the_schedule(digits, val_set):
    """Adam's first step moves a weight by at most the learning rate, and reaches it where the gradient is large."""
    for warmup, lr in ((0.0, 3e-3), (0.5, 3e-3 / 7)):
        config = replace(ADAM, warmup=warmup, weight_decay=0.0)
        model, before = (fresh_model(Recipe(SMALL, config)) for _ in range(2))
        next(train(model, digits, val_set, config))
        moved = [(new - old).abs().max() for new, old in zip(model.parameters(), before.parameters(), strict=True)]
        assert max(moved).item() == pytest.approx(lr, rel=1e-3)


def test_seconds_grow_and_exclude_the_consumers_time(digits, val_set):
    """Validation does not count either: the clock stops from an epoch's last step to its `Epoch`."""
    seconds, pauses, began = [], 0, time.perf_counter()
    for event in train(fresh_model(Recipe(SMALL, ADAM)), digits, val_set, ADAM):
        seconds.append(event.seconds)
        time.sleep(0.02)
        pauses += 1
    taken = time.perf_counter() - began
    assert seconds[0] > 0 and seconds == sorted(seconds)
    steps = [one for place, one in enumerate(seconds) if place not in (7, 15, 16)]
    assert len(set(steps)) == len(steps)
    assert seconds[6] == seconds[7] and seconds[14] == seconds[15] == seconds[16]
    assert seconds[-1] <= taken - 0.02 * pauses


def test_validation_scores_the_current_model(digits, val_set):
    model = fresh_model(Recipe(WITH_DROPOUT, MUON))
    for event in train(model, digits, val_set, MUON):
        if isinstance(event, Epoch):
            assert not model.training
            assert event.val is not None
            score = evaluate(model, val_set)
            assert (event.val.loss, event.val.accuracy) == (score.loss, score.accuracy)
            assert torch.equal(event.val.confusion, score.confusion)
        else:
            assert model.training is isinstance(event, Step)


# --- errors


@both
def test_a_huge_learning_rate_ends_with_an_error(config, digits, val_set):
    object.__setattr__(config := replace(config, schedule="constant", warmup=0.0), "lr", 1e30)
    with pytest.raises(DivergedError, match="try a lower learning rate"):
        run(digits, val_set, config)


@both
def test_the_highest_learning_rate_diverges_with_an_error_or_stays_finite(config, digits, val_set):
    """The run either raises a DivergedError or gives finite numbers."""
    model = fresh_model(Recipe(SMALL, config))
    try:
        events = list(train(model, digits, val_set, replace(config, lr=1.0, epochs=5)))
    except DivergedError as error:
        assert "learning rate" in str(error)
    else:
        assert all(math.isfinite(event.loss) for event in events if not isinstance(event, Done))
        assert all(weight.isfinite().all() for weight in model.parameters())
        assert math.isfinite(of(Done, events)[0].val.loss)


@pytest.mark.parametrize("val_size", [0, 50])
def test_a_last_step_that_breaks_the_weights_is_noticed(val_size, digits, val_set):
    """A step's loss is from before its update; the broken model must not become an `Epoch`, which would be saved."""
    model = fresh_model(Recipe(SMALL, ADAM))
    events = train(model, digits, val_set.subset(slice(val_size)), ADAM)
    for _ in range(7):
        next(events)
    with torch.no_grad():
        model.head.bias[3] = float("inf")
    with pytest.raises(DivergedError, match="after step 7"):
        next(events)
    assert not model.training


def test_a_nan_loss_ends_the_run_at_its_step(digits, val_set):
    model = fresh_model(Recipe(SMALL, ADAM))
    events = train(model, digits, val_set, ADAM)
    for _ in range(3):
        next(events)
    with torch.no_grad():
        model.head.bias[3] = float("nan")
    with pytest.raises(DivergedError, match="the loss became nan at step 4"):
        next(events)
    assert not model.training


def test_an_empty_training_set_is_refused_at_once(digits):
    model = fresh_model(Recipe(SMALL, ADAM))
    with pytest.raises(ValueError, match="at least one image, got none"):
        train(model, digits.subset(slice(0)), digits, ADAM)


def test_more_epochs_done_than_asked_for_is_refused_at_once(digits):
    with pytest.raises(ValueError, match=r"3 .* done, got 2"):
        train(fresh_model(Recipe(SMALL, ADAM)), digits, digits, ADAM, done_epochs=3)


def test_resuming_without_the_optimisers_state_is_refused_at_once(digits, val_set):
    model = fresh_model(Recipe(SMALL, ADAM))
    with pytest.raises(ValueError, match="does not fit this recipe"):
        train(model, digits, val_set, ADAM, done_epochs=1)
    state = of(Epoch, run(digits, val_set, MUON)[1])[0].state
    with pytest.raises(ValueError, match="does not fit this recipe"):
        train(model, digits, val_set, ADAM, done_epochs=1, resume=state)


# --- validation


def test_training_without_validation_set_works(digits):
    config = replace(ADAM, val_size=0)
    train_set, val_set = hold_out(digits, config)
    assert (len(train_set), len(val_set)) == (100, 0)
    _, events = run(train_set, val_set, config)
    assert [event.val for event in events if not isinstance(event, Step)] == [None, None, None]


def test_validation_digits_are_never_trained_on(digits):
    """Each image shows its own index, and a hook records which images the model reads."""
    numbers = torch.arange(100)
    marked = Digits(numbers[:, None, None].expand(-1, 28, 28).to(torch.uint8).contiguous(), numbers % 10)
    train_set, val_set = hold_out(marked, replace(ADAM, val_size=30))
    model, given = fresh_model(Recipe(SMALL, ADAM)), []
    model.register_forward_pre_hook(lambda module, args: given.append((module.training, args[0][:, 0, 0, 0])))
    list(train(model, train_set, val_set, ADAM))
    learned, scored = (
        [round(one * 255) for training, batch in given for one in batch.tolist() if training is mode]
        for mode in (True, False)
    )
    assert sorted(learned) == sorted(train_set.images[:, 0, 0].tolist() * 2)
    assert learned[:70] != learned[70:]  # each epoch has its own order
    assert sorted(scored) == sorted(val_set.images[:, 0, 0].tolist() * 2)
    assert set(learned).isdisjoint(scored)
    assert set(learned) | set(scored) == set(range(100))


@pytest.mark.parametrize("val_size", [100, 5000])
def test_a_validation_set_of_all_digits_is_refused(val_size, digits):
    with pytest.raises(ValueError, match=f"val_size must be a whole number in .*, got {val_size}"):
        hold_out(digits, replace(ADAM, val_size=val_size))
