"""Test the training queue: one job after another, stopping, separate models, and a page that never waits."""

import random
import re
import threading
import time
import uuid
from dataclasses import replace

import pytest
import torch

from demo.training.training_queue import Jobs
from tests.demo.training.jobs_data import (
    DIGITS,
    PATIENCE,
    RECIPE,
    SHORT,
    STEPS,
    TINY,
    ended,
    same,
    share_read_right,
    state_of,
    trained_directly,
    until,
    weights,
)
from train.config import Recipe
from train.splits import hold_out
from vit import checkpoint
from vit.model import VisionTransformer

# The queue


def test_jobs_wait_for_their_turn(jobs, pace):
    first, second, third = (jobs.start(RECIPE) for _ in range(3))
    until(jobs, first, "running")
    states = [state_of(jobs, job) for job in (first, second, third)]
    assert [state.state for state in states] == ["running", "waiting", "waiting"]
    assert states[1].message == "Waiting: 1 training is ahead of yours."
    assert states[2].message == "Waiting: 2 trainings are ahead of yours."
    assert (states[2].progress, states[2].seconds_left, states[2].step, states[2].can_use) == (0.0, None, 0, False)
    jobs.stop(first)
    pace.let(1)
    until(jobs, second, "running")
    assert state_of(jobs, first).state == "stopped"
    assert state_of(jobs, third).message == "Waiting: 1 training is ahead of yours."
    pace.let_all()
    assert [ended(jobs, job).state for job in (second, third)] == ["done", "done"]


def test_a_full_queue_refuses_until_a_job_leaves(make, pace):
    jobs = make(max_waiting=2)
    running = jobs.start(RECIPE)
    until(jobs, running, "running")
    waiting = [jobs.start(RECIPE) for _ in range(2)]
    with pytest.raises(ValueError, match="the queue is full, with 2 trainings waiting; please try later"):
        jobs.start(RECIPE)
    jobs.stop(waiting[0])
    assert state_of(jobs, jobs.start(RECIPE)).message == "Waiting: 2 trainings are ahead of yours."


# Stopping


def test_stop_ends_a_running_job_at_its_next_step(jobs, pace, tmp_path):
    job = jobs.start(RECIPE)
    pace.let(7)  # five steps, an epoch, a step
    until(jobs, job, "running", step=6)
    jobs.stop(job)
    jobs.stop(job)
    pace.let(1)
    state = ended(jobs, job)
    assert (state.state, state.step, state.steps, state.can_use) == ("stopped", 7, STEPS, True)
    assert re.fullmatch(
        r"Stopped after 7 steps: it reads (only )?\d+\.\d % of the validation images right\.", state.message
    )
    assert state.progress == pytest.approx(7 / STEPS)
    model = jobs.model(job)
    assert same(weights(model), weights(trained_directly(RECIPE, steps=7)))
    val_set = hold_out(DIGITS["train"], SHORT)[1]
    assert jobs.save(job, tmp_path / "mine.safetensors")
    held_out = checkpoint.read_header(tmp_path / "mine.safetensors").figures["val"]["accuracy"]
    assert held_out == pytest.approx(share_read_right(model, val_set))  # of the final weights, not of epoch 1
    assert state.test_accuracy == pytest.approx(share_read_right(model, DIGITS["test"]))
    jobs.stop(job)
    assert state_of(jobs, job) == state


def test_stop_cancels_a_waiting_job(jobs, pace):
    running, waiting, last = (jobs.start(RECIPE) for _ in range(3))
    until(jobs, running, "running")
    jobs.stop(waiting)
    state = state_of(jobs, waiting)
    assert (state.state, state.message) == ("stopped", "Stopped before the first step.")
    assert not state.can_use and jobs.model(waiting) is None
    assert state_of(jobs, last).message == "Waiting: 1 training is ahead of yours."
    pace.let_all()
    assert ended(jobs, last).state == "done"
    assert state_of(jobs, waiting) == state


def test_a_stop_at_the_last_step_counts_as_done(jobs, pace):
    job = jobs.start(RECIPE)
    pace.let(STEPS + 1)  # all but the last step, and two epochs
    until(jobs, job, "running", step=STEPS - 1)
    jobs.stop(job)
    pace.let_all()
    state = ended(jobs, job)
    assert (state.state, state.step) == ("done", STEPS)
    assert len(state.val) == 3


def test_unknown_ids_have_no_state_and_no_model(jobs, tmp_path):
    """After a restart of the app, the page asks for a job that this process never had."""
    for unknown in ("", "nonsense", uuid.uuid4().hex):
        assert jobs.state(unknown) is None
        assert jobs.model(unknown) is None and jobs.loaded(unknown) is None
        assert not jobs.save(unknown, tmp_path / "model.safetensors")
        jobs.stop(unknown)
    assert not list(tmp_path.iterdir())


def test_ids_cannot_be_guessed(jobs, pace):
    ids = [jobs.start(RECIPE) for _ in range(10)]
    assert len(set(ids)) == 10
    assert all(uuid.UUID(job).version == 4 and uuid.UUID(job).hex == job for job in ids)


# Separate models


def addresses(model: VisionTransformer) -> set[int]:
    return {weight.untyped_storage().data_ptr() for weight in model.parameters()}


def test_the_model_is_the_stored_one_and_frozen(jobs):
    job = jobs.start(RECIPE)
    ended(jobs, job)
    model = jobs.model(job)
    assert model is jobs.model(job)
    assert not any(module.training for module in model.modules())
    assert not any(weight.requires_grad or weight.grad is not None for weight in model.parameters())


def test_a_trained_model_has_no_calibration(jobs):
    """Its probabilities are the plain softmax, and every image is in distribution."""
    job = jobs.start(RECIPE)
    ended(jobs, job)
    loaded = jobs.loaded(job)
    assert loaded.model is jobs.model(job)
    assert loaded.summary == f"your model: 4 patches, {loaded.model.num_params:,} parameters."
    image = torch.rand(28, 28)
    trace, prediction = loaded.read(image.numpy())
    assert prediction.probs == pytest.approx(trace.probs[0].tolist())
    assert (prediction.in_distribution, prediction.ood_score) == (True, 0.0)


def test_a_trained_model_never_changes_and_shares_no_weights(jobs, tmp_path):
    """Reading, saving and further trainings do not change it, even with the same recipe."""
    mine = jobs.start(RECIPE)
    ended(jobs, mine)
    before = weights(jobs.model(mine))
    for recipe in (RECIPE, Recipe(TINY, replace(SHORT, seed=2))):
        jobs.model(mine).trace(torch.rand(2, 1, 28, 28))
        jobs.save(mine, tmp_path / "mine.safetensors")
        theirs = jobs.start(recipe)
        ended(jobs, theirs)
        assert same(before, weights(jobs.model(mine)))
        assert same(before, weights(jobs.model(theirs))) is (recipe == RECIPE)
        assert addresses(jobs.model(mine)).isdisjoint(addresses(jobs.model(theirs)))


# Threads


def training_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "training"}


def test_one_thread_for_all_jobs_and_none_after_closing(make, pace):
    before = training_threads()
    jobs = make()
    running, waiting = jobs.start(RECIPE), jobs.start(RECIPE)
    until(jobs, running, "running")
    (thread,) = training_threads() - before
    assert thread.daemon
    pace.let(1)
    until(jobs, running, "running", step=1)
    closing = threading.Thread(target=jobs.close, daemon=True)
    closing.start()
    until(jobs, waiting, "stopped")
    pace.let(1)
    closing.join(PATIENCE)
    assert not closing.is_alive() and not thread.is_alive()
    state = state_of(jobs, running)
    assert (state.state, state.step, state.can_use) == ("stopped", 2, True)
    with pytest.raises(ValueError, match="shutting down"):
        jobs.start(RECIPE)


def test_a_refused_training_begins_no_thread(make):
    before = training_threads()
    jobs = make()
    with pytest.raises(ValueError, match="max_images"):
        jobs.start(RECIPE, max_images=0)
    assert training_threads() == before
    jobs.close()


def test_questions_are_answered_during_a_step(jobs, pace):
    """While the training waits within a step, all questions are answered."""
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    asked = threading.Thread(target=lambda: [ask(jobs, job, 1) for _ in range(50)], daemon=True)
    asked.start()
    asked.join(PATIENCE)
    assert not asked.is_alive()


def ask(jobs: Jobs, job: str, turn: int) -> None:
    state = jobs.state(job)
    assert state is None or (0 <= state.progress <= 1 and len(state.train) <= state.step)
    jobs.model(job)
    if turn == 0:
        jobs.stop(job)


def test_many_threads_get_answers_and_every_job_ends(make):
    """Visitors who start, read and stop at the same time get answers, and every job ends."""
    jobs = make(max_waiting=100, clock=time.monotonic)
    errors: list[BaseException] = []
    started: list[str] = []

    def visit(seed: int) -> None:
        choose = random.Random(seed)  # noqa: S311 (nothing secret)
        try:
            job = jobs.start(RECIPE, max_images=32)
            started.append(job)
            while (state := state_of(jobs, job)).state not in ("done", "stopped", "failed"):
                assert list(state.train) == sorted(state.train, key=lambda point: point.step)
                ask(jobs, choose.choice(started), choose.randrange(30))
                time.sleep(0.001)
        except BaseException as error:
            errors.append(error)

    visitors = [threading.Thread(target=visit, args=(seed,), daemon=True) for seed in range(16)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(PATIENCE)
    assert not any(visitor.is_alive() for visitor in visitors)
    assert errors == []
    assert len(started) == 16
    assert {state_of(jobs, job).state for job in started} <= {"done", "stopped"}
