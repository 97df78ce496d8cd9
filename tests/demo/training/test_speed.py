"""Test that the plan shows one time and its source, and updates it when a better one is known."""

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


def times(text: str) -> list[str]:
    """Return the times that a plan names, without the limit."""
    return re.findall(r"\d+ (?:seconds|minutes)", text.replace("The limits are 30 minutes", ""))


def speeds(monkeypatch, *found: Speed) -> list[Speed]:
    """Replace the measurement by these speeds, one after another; return the list of those still unused."""
    unused = list(found)
    monkeypatch.setattr(demo.training.speed, "measure", lambda _recipe: unused.pop(0))
    return unused


def plan_of(jobs) -> tuple[str, bool]:
    """Return the plan for `fast`, and whether it will be updated."""
    text, timer = renew_plan(jobs, *ASKED)
    assert text == describe(jobs, *ASKED)[0]
    return text, timer.active


def test_a_measured_time_is_shown_alone_and_not_updated(jobs, monkeypatch):
    unused = speeds(monkeypatch, Speed(0.05, "measured"))
    for _ in range(2):
        text, renews = plan_of(jobs)
        assert times(text) == [duration(0.05 * FAST_STEPS)] == ["86 seconds"]
        assert "measured here with a few steps." in text and not renews
    assert not unused


def test_a_time_measured_on_a_busy_machine_is_measured_again(jobs, monkeypatch, clock):
    speeds(monkeypatch, Speed(0.25, "busy"), Speed(0.05, "measured"))
    text, renews = plan_of(jobs)
    assert times(text) == ["7 minutes"] and "while the machine is busy" in text and renews
    clock.now += RETRY_SECONDS - 1
    assert plan_of(jobs) == (text, True)
    assert renew_plan(jobs, *ASKED)[1].value == RETRY_SECONDS  # each update measures again
    clock.now += 1
    text, renews = plan_of(jobs)
    assert times(text) == ["86 seconds"] and "busy" not in text and not renews


def test_during_another_training_the_time_is_estimated_and_measured_after_it(jobs, monkeypatch, pace):
    speeds(monkeypatch, Speed(0.05, "measured"))
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    assert not jobs.settled(FAST)
    text, _, timer = show_plan(jobs, *ASKED)
    assert len(times(text)) == 1 and "because a training runs now" in text and timer.active
    pace.let_all()
    ended(jobs, job)
    text, renews = plan_of(jobs)
    assert times(text) == ["86 seconds"] and not renews


def test_during_a_training_of_the_same_steps_the_time_is_that_of_the_training(jobs, pace, clock):
    """Steps take two seconds, later four; the newest steps count."""
    durations = [2.0] * 3 + [4.0] * 60
    pace.before.append(lambda event: setattr(clock, "now", clock.now + durations.pop(0) * isinstance(event, Step)))
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


def test_a_measured_time_is_updated_while_a_training_runs(jobs, monkeypatch, pace):
    speeds(monkeypatch, Speed(0.05, "measured"))
    assert plan_of(jobs)[1] is False
    running, waiting = jobs.start(RECIPE), jobs.start(RECIPE)
    until(jobs, running, "running")
    assert plan_of(jobs)[1] is True
    pace.let_all()
    ended(jobs, waiting)
    assert plan_of(jobs)[1] is False


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
def test_a_waiting_thread_shows_that_the_machine_is_busy(monkeypatch, waits, source):
    """Of two seconds on the wall clock, this thread computed for two or for one."""
    wall, processor = iter([10.0, 12.0]), iter([5.0, 6.0 if waits else 7.0])
    monkeypatch.setattr(demo.training.speed, "seconds_per_step", lambda *_, **__: 0.1)
    monkeypatch.setattr(time, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(time, "thread_time", lambda: next(processor))
    found = measure(RECIPE)
    monkeypatch.undo()
    assert found == Speed(0.1, source)


def test_same_steps_ignores_settings_that_do_not_change_the_speed():
    other = replace(FAST.training, epochs=9, lr=0.1, seed=3, weight_decay=0.5, per_class=10, without=(7,))
    assert same_steps(Recipe(FAST.model, other)) == same_steps(FAST)
    assert same_steps(Recipe(FAST.model, replace(FAST.training, rotation=0.0))) != same_steps(FAST)
    assert same_steps(Recipe(replace(FAST.model, depth=1), FAST.training)) != same_steps(FAST)
