"""The plan has one time, says where it comes from, and renews it when that can be known better."""

import re
import time
from dataclasses import replace

import pytest

import demo.training.speed
from demo.tabs.train.plan import describe, duration, recipe_of, renew_plan, settings_of, show_plan
from demo.training.speed import FRESH_SECONDS, RETRY_SECONDS, Speed, measure, same_steps
from tests.demo.training.jobs_data import RECIPE, SHORT, STEPS, TINY, ended, until
from train.config import Recipe
from train.loop import Step

ASKED = ("fast", *settings_of("fast"))
FAST = recipe_of(*ASKED)
FAST_STEPS = 4 * 430


def times(said: str) -> list[str]:
    """The times that a plan names, but for the limit."""
    return re.findall(r"\d+ (?:seconds|minutes)", said.replace("The limits are 30 minutes", ""))


def speeds(monkeypatch, *found: Speed) -> list[Speed]:
    """Have these speeds measured, one after another; return those that are left."""
    left = list(found)
    monkeypatch.setattr(demo.training.speed, "measure", lambda _recipe: left.pop(0))
    return left


def said_of(jobs) -> tuple[str, bool]:
    """The words of the plan for `fast`, and whether they are to be renewed."""
    said, timer = renew_plan(jobs, *ASKED)
    assert said == describe(jobs, *ASKED)[0]
    return said, timer.active


def test_a_measured_time_is_the_only_one_and_stays(jobs, monkeypatch):
    left = speeds(monkeypatch, Speed(0.05, "measured"))
    for _ in range(2):
        said, renews = said_of(jobs)
        assert times(said) == [duration(0.05 * FAST_STEPS)] == ["86 seconds"]
        assert "measured here with a few steps." in said and not renews
    assert not left


def test_a_time_that_was_measured_on_a_busy_machine_is_measured_again(jobs, monkeypatch, clock):
    speeds(monkeypatch, Speed(0.25, "busy"), Speed(0.05, "measured"))
    said, renews = said_of(jobs)
    assert times(said) == ["7 minutes"] and "while the machine is busy" in said and renews
    clock.now += RETRY_SECONDS - 1
    assert said_of(jobs) == (said, True)
    assert renew_plan(jobs, *ASKED)[1].value == RETRY_SECONDS  # every look would measure again
    clock.now += 1
    said, renews = said_of(jobs)
    assert times(said) == ["86 seconds"] and "busy" not in said and not renews


def test_beside_another_training_the_time_is_estimated_and_measured_after_it(jobs, monkeypatch, pace):
    speeds(monkeypatch, Speed(0.05, "measured"))
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    assert not jobs.settled(FAST)
    said, _, timer = show_plan(jobs, *ASKED)
    assert len(times(said)) == 1 and "because a training runs now" in said and timer.active
    pace.let_all()
    ended(jobs, job)
    said, renews = said_of(jobs)
    assert times(said) == ["86 seconds"] and not renews


def test_beside_its_own_training_the_time_is_that_of_the_training_and_follows_it(jobs, pace, clock):
    """Two seconds a step, then four: the newest steps count."""
    took = [2.0] * 3 + [4.0] * 60
    pace.before.append(lambda event: setattr(clock, "now", clock.now + took.pop(0) * isinstance(event, Step)))
    recipe = Recipe(TINY, replace(SHORT, epochs=9))
    job = jobs.start(recipe)
    pace.let(3)
    until(jobs, job, "running", step=3)
    other = Recipe(TINY, replace(SHORT, lr=0.01, seed=7, epochs=2))
    assert jobs.speed(other) == Speed(2.0, "running") and not jobs.settled(other)
    pace.let(41)
    until(jobs, job, "running", step=36)
    assert jobs.speed(other).source == "running"
    assert jobs.speed(other).seconds == pytest.approx(4.0)
    assert jobs.speed(Recipe(replace(TINY, depth=2), SHORT)) is None
    pace.let_all()
    ended(jobs, job)


def test_a_measured_time_is_renewed_while_a_training_runs_that_may_change_it(jobs, monkeypatch, pace):
    speeds(monkeypatch, Speed(0.05, "measured"))
    assert said_of(jobs)[1] is False
    running, waiting = jobs.start(RECIPE), jobs.start(RECIPE)
    until(jobs, running, "running")
    assert said_of(jobs)[1] is True
    pace.let_all()
    ended(jobs, waiting)
    assert said_of(jobs)[1] is False


def test_after_a_training_its_speed_is_measured_again(jobs, monkeypatch):
    speeds(monkeypatch, Speed(1.0, "measured"), Speed(2.0, "measured"))
    assert jobs.speed(RECIPE).seconds == 1.0
    assert ended(jobs, jobs.start(RECIPE)).step == STEPS
    assert jobs.speed(RECIPE).seconds == 2.0


def test_an_old_measurement_is_repeated(jobs, monkeypatch, clock):
    speeds(monkeypatch, Speed(1.0, "measured"), Speed(2.0, "measured"))
    clock.now += 1
    assert jobs.speed(RECIPE).seconds == 1.0
    clock.now += FRESH_SECONDS
    assert jobs.speed(RECIPE).seconds == 2.0


@pytest.mark.parametrize(("waits", "source"), [(False, "measured"), (True, "busy")])
def test_a_thread_that_waits_for_the_processor_tells_that_the_machine_is_busy(monkeypatch, waits, source):
    """Of two seconds on the wall clock this thread computed for all, or for one."""
    wall, processor = iter([10.0, 12.0]), iter([5.0, 6.0 if waits else 7.0])
    monkeypatch.setattr(demo.training.speed, "seconds_per_step", lambda *_, **__: 0.1)
    monkeypatch.setattr(time, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(time, "thread_time", lambda: next(processor))
    found = measure(RECIPE)
    monkeypatch.undo()
    assert found == Speed(0.1, source)


def test_steps_are_the_same_whatever_makes_them_no_slower():
    other = replace(FAST.training, epochs=9, lr=0.1, seed=3, weight_decay=0.5, per_class=10, without=(7,))
    assert same_steps(Recipe(FAST.model, other)) == same_steps(FAST)
    assert same_steps(Recipe(FAST.model, replace(FAST.training, rotation=0.0))) != same_steps(FAST)
    assert same_steps(Recipe(replace(FAST.model, depth=1), FAST.training)) != same_steps(FAST)
