"""Test expiry: a training without a heartbeat ends, and ended jobs are deleted."""

import gc
import time
import weakref

import demo.training.running_job
from tests.demo.training.jobs_data import PATIENCE, RECIPE, ended, state_of, until
from train.config import Recipe
from train.loop import fresh_model
from vit.model import VisionTransformer


def test_an_abandoned_training_ends_with_a_model(jobs, pace, clock):
    abandoned, watched = jobs.start(RECIPE), jobs.start(RECIPE)
    until(jobs, abandoned, "running")
    pace.let(2)
    until(jobs, abandoned, "running", step=2)
    for _ in range(2):
        clock.now += 60.0
        assert state_of(jobs, watched).state == "waiting"
    pace.let(1)
    until(jobs, watched, "running")
    state = state_of(jobs, abandoned)
    assert (state.state, state.step, state.can_use) == ("stopped", 3, True)
    assert state.message.startswith("Stopped after 3 steps, because nobody was watching any more: it reads ")
    assert jobs.model(abandoned) is not None


def test_a_heartbeat_keeps_a_training_running(jobs, pace, clock):
    job = jobs.start(RECIPE)
    for step in range(1, 6):
        clock.now += 89.0
        state_of(jobs, job)
        pace.let(1)
        until(jobs, job, "running", step=step)
    clock.now += 89.0
    pace.let_all()
    assert ended(jobs, job).state == "done"


def test_an_abandoned_job_does_not_wait(jobs, pace, clock):
    running, abandoned, watched = (jobs.start(RECIPE) for _ in range(3))
    until(jobs, running, "running")
    for _ in range(2):
        clock.now += 50.0
        assert state_of(jobs, running).state == "running"
        assert state_of(jobs, watched).state == "waiting"
    assert state_of(jobs, watched).message == "Waiting: 1 training is ahead of yours."
    state = state_of(jobs, abandoned)
    assert (state.state, state.can_use) == ("stopped", False)
    assert state.message == "Stopped before the first step, because nobody was watching any more."


def test_ended_jobs_are_deleted_after_a_time(make, clock):
    jobs = make(expire_seconds=500.0)
    old, used, watched = (jobs.start(RECIPE) for _ in range(3))
    for job in (old, used, watched):
        ended(jobs, job)
    clock.now += 400.0
    assert jobs.model(used) is not None
    assert state_of(jobs, watched).can_use
    clock.now += 101.0
    assert jobs.state(old) is None and jobs.model(old) is None
    assert jobs.model(used) is not None  # reading with the model counts as use
    assert state_of(jobs, watched).can_use
    clock.now += 501.0
    assert jobs.state(watched) is None and jobs.state(used) is None


def test_the_number_of_ended_jobs_is_limited(make, clock):
    jobs = make(max_ended=2)
    ids = []
    for _ in range(3):
        ids.append(jobs.start(RECIPE))
        ended(jobs, ids[-1])
        clock.now += 1.0
    assert jobs.state(ids[0]) is None  # the least recently used one
    clock.now += 1.0
    assert state_of(jobs, ids[1]).can_use
    clock.now += 1.0
    ended(jobs, last := jobs.start(RECIPE))
    assert jobs.state(ids[2]) is None
    assert state_of(jobs, ids[1]).can_use and state_of(jobs, last).can_use


def test_a_deleted_model_is_freed(make, clock, monkeypatch):
    models: list[weakref.ref] = []

    def fresh(recipe: Recipe) -> VisionTransformer:
        model = fresh_model(recipe)
        models.append(weakref.ref(model))
        return model

    monkeypatch.setattr(demo.training.running_job, "fresh_model", fresh)
    jobs = make(expire_seconds=500.0)
    job = jobs.start(RECIPE)
    ended(jobs, job)
    gc.collect()
    assert models[0]() is not None
    clock.now += 501.0
    assert jobs.state(job) is None
    deadline = time.monotonic() + PATIENCE  # the thread may still hold the finished job
    while models[0]() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.002)
    assert models[0]() is None


def test_a_training_goes_on_alone_if_its_visitor_wants_that(make, pace, clock):
    jobs = make(expire_seconds=500.0)
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    jobs.control(job, "unwatched")
    assert state_of(jobs, job).unwatched
    clock.now += 1799.0
    pace.let_all()
    wait_until_free(jobs)
    clock.now += 499.0  # of the 500 seconds after the end in which the visitor can come back
    assert state_of(jobs, job).state == "done"


def test_a_training_alone_ends_after_half_an_hour(jobs, pace, clock):
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    jobs.control(job, "unwatched")
    clock.now += 1801.0
    pace.let(1)
    wait_until_free(jobs)
    assert state_of(jobs, job).state == "stopped"


def test_a_training_alone_ends_when_somebody_waits(jobs, pace, clock):
    job, waiting = jobs.start(RECIPE), jobs.start(RECIPE)
    until(jobs, job, "running")
    jobs.control(job, "unwatched")
    for _ in range(2):
        clock.now += 60.0
        assert state_of(jobs, waiting).state == "waiting"
    pace.let(1)
    until(jobs, waiting, "running")
    assert state_of(jobs, job).state == "stopped"


def wait_until_free(jobs):
    """Wait until no training runs; nobody asks about one meanwhile."""
    deadline, free = time.monotonic() + PATIENCE, False
    while not free:
        assert time.monotonic() < deadline
        time.sleep(0.002)
        with jobs.alone() as free:
            pass
