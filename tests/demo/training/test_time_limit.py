"""Test a training with a time limit: its length fits the speed, it ends in time, and its recipe is that of the run."""

from dataclasses import replace
from itertools import product

import pytest

import demo.training.running_job
from demo.training.cost import learned_images
from demo.training.speed import Speed
from demo.training.time_limit import EPOCHS, MAX_SECONDS, READING, USED, fit
from tests.demo.training.jobs_data import RECIPE, SHORT, TINY, ended, until
from train.config import RECIPES, Recipe
from train.loop import Step

FAST = RECIPES["fast"]
AVAILABLE = 60_000


def seconds_of(recipe: Recipe, step_seconds: float) -> float:
    """Add up the time of all steps and of the validation after each epoch."""
    training = recipe.training
    steps = training.steps_an_epoch(learned_images(recipe, None, AVAILABLE))
    return training.epochs * (steps + READING * training.val_size / training.batch_size) * step_seconds


@pytest.mark.parametrize("training", [{}, {"without": (7,)}, {"per_class": 100}, {"val_size": 0}, {"batch_size": 32}])
def test_the_time_is_used_and_not_exceeded(training):
    recipe = replace(FAST, training=replace(FAST.training, **training))
    for step_seconds, seconds in product([0.002, 0.02, 0.06, 0.2], [20, 30, 300]):
        scaled = step_seconds * recipe.training.batch_size / 128  # a smaller batch takes less time
        fitted = fit(recipe, seconds, scaled, AVAILABLE)
        assert 0.7 * seconds <= seconds_of(fitted, scaled) <= 1.15 * seconds, (step_seconds, seconds)
        assert fitted.training.per_class <= (recipe.training.per_class or 6000)
        same = {"epochs": recipe.training.epochs, "per_class": recipe.training.per_class}
        assert replace(fitted.training, **same) == recipe.training and fitted.model == recipe.model


def test_on_a_slow_machine_validation_takes_little_of_the_time():
    fitted = fit(FAST, 10, 0.2, AVAILABLE)
    assert fitted.training.epochs < EPOCHS
    assert fitted.training.per_class >= 1
    assert fit(FAST, 1, 60.0, AVAILABLE).training.epochs == 1


def test_a_disturbed_measurement_does_not_make_the_training_useless():
    """A pause during the measurement would leave only a few steps; the limit ends a training that is too long."""
    assert fit(FAST, 30, 1.5, AVAILABLE) == fit(FAST, 30, 50.0, AVAILABLE)
    fitted = fit(FAST, 30, 50.0, AVAILABLE)
    steps = fitted.training.epochs * fitted.training.steps_an_epoch(learned_images(fitted, None, AVAILABLE))
    assert steps > 50


def test_a_fast_machine_learns_from_all_images():
    fitted = fit(FAST, 600, 0.001, AVAILABLE)
    assert learned_images(fitted, None, AVAILABLE) > 0.99 * (AVAILABLE - FAST.training.val_size)
    assert fitted.training.epochs > EPOCHS
    assert USED < 1


@pytest.fixture
def measured(monkeypatch):
    """Make the measurement say that every step takes one second."""
    monkeypatch.setattr(demo.training.running_job.Speeds, "measure", lambda _self, _recipe: Speed(1.0, "measured"))


def test_a_training_with_a_limit_is_planned_and_completes(jobs, measured):
    job = jobs.start(RECIPE, seconds=20)
    state = ended(jobs, job)
    origin = jobs.origin(job)
    assert origin is not None and origin[1] is not None
    training = origin[1].training
    assert (state.state, state.step, state.limit) == ("done", state.steps, 20.0)
    assert state.epochs == training.epochs
    assert 100 < state.images <= 10 * training.per_class  # some classes have fewer
    assert state.step <= 20
    assert state.message.startswith("Finished: it reads ")


def test_it_ends_when_its_time_is_over(jobs, pace, clock, measured):
    """Steps take four times as long as measured; the training stops in time, and its model can be used."""
    pace.before.append(lambda event: setattr(clock, "now", clock.now + 4.0 * isinstance(event, Step)))
    job = jobs.start(RECIPE, seconds=20)
    pace.let_all()
    state = ended(jobs, job)
    assert state.state == "done" and state.can_use
    assert state.step == 6 < state.steps  # the first step ends at 0 seconds, the sixth at 20
    assert state.message.endswith("6 steps.")


def test_a_pause_does_not_count(jobs, pace, clock, measured):
    job = jobs.start(RECIPE, seconds=20)
    pace.let(1)
    until(jobs, job, "running", step=1)
    jobs.control(job, "pause")
    pace.let(1)
    paused = until(jobs, job, "running", step=2)
    clock.now += 60.0  # less than the time after which an unwatched training ends
    jobs.control(job, "play")
    pace.let_all()
    state = ended(jobs, job)
    assert state.step == state.steps > paused.step


@pytest.mark.parametrize("seconds", [-1, MAX_SECONDS + 1, float("nan"), "30"])
def test_an_invalid_limit_is_refused(jobs, seconds):
    with pytest.raises((ValueError, TypeError), match="seconds"):
        jobs.start(RECIPE, seconds=seconds)


def test_a_long_recipe_is_allowed_with_a_limit(jobs, measured):
    """A recipe that is too long in full may be trained for a limited time."""
    recipe = Recipe(TINY, replace(SHORT, epochs=10**6))
    with pytest.raises(ValueError, match="minutes"):
        jobs.start(recipe)
    assert ended(jobs, jobs.start(recipe, seconds=10)).state == "done"
