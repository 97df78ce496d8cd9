"""Test the live view: it does not change the training, and snapshots are those of their steps."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from demo.requests import Reader
from demo.tabs.train.live_view.server import EXPIRED, LiveView
from demo.training.live import Live
from demo.training.snapshots import MAX_BYTES, MAX_SNAPSHOTS, MIN_SNAPSHOTS, snapshot_steps, take_snapshot
from demo.training.training_queue import Jobs
from tests.demo.asking import wait_for
from tests.demo.packed import unpack
from tests.demo.training.jobs_data import (
    DIGITS,
    PATIENCE,
    RECIPE,
    SHORT,
    STEPS,
    TINY,
    ended,
    same,
    state_of,
    trained_directly,
    until,
    weights,
)
from train.config import Recipe, TrainConfig
from train.loop import fresh_model
from vit.explain import occlusion, relevance

SEVEN = {"strokes": [[[60, 60], [220, 60], [120, 230]]]}


def wait_until_paused(jobs: Jobs, job: str, step: int) -> None:
    """Wait until the training is paused after a step."""
    deadline = time.monotonic() + PATIENCE
    while (state := until(jobs, job, "running", step=step)) and not state.paused:
        assert time.monotonic() < deadline, "it never pauses"
        time.sleep(0.002)
    assert (state.step, state.paused) == (step, True)


def start_paused(jobs: Jobs, pace) -> str:
    """Start a training that pauses after its first step."""
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    jobs.control(job, "step")
    pace.let_all()
    wait_until_paused(jobs, job, 1)
    return job


@pytest.fixture
def live_view(jobs) -> LiveView:
    return LiveView(Reader(jobs.loaded), jobs)


def test_pausing_does_not_change_the_model(jobs, pace):
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    jobs.control(job, "pause")
    pace.let_all()
    wait_until_paused(jobs, job, 1)
    jobs.control(job, "step")
    wait_until_paused(jobs, job, 2)
    jobs.control(job, "epoch")
    wait_until_paused(jobs, job, 5)
    assert len(state_of(jobs, job).val) == 1  # an epoch ends with its scores
    assert state_of(jobs, job).message == "Paused after 5 steps, in epoch 1 of 3."
    jobs.control(job, "play")
    assert ended(jobs, job).state == "done"
    assert same(weights(jobs.model(job)), weights(trained_directly(RECIPE)))


def test_slow_motion_can_be_switched_on_and_off(jobs, clock):
    """While the clock stands still no step follows; when it advances by a second, one does."""
    job = jobs.start(Recipe(TINY, replace(SHORT, epochs=60)))
    until(jobs, job, "running", step=1)
    jobs.control(job, "slow")
    time.sleep(0.3)
    before = state_of(jobs, job)
    time.sleep(0.3)
    assert state_of(jobs, job).step == before.step and before.slow and not before.paused
    clock.now += 1
    until(jobs, job, "running", step=before.step + 1)
    jobs.control(job, "slow")
    until(jobs, job, "running", step=before.step + 20)
    jobs.stop(job)
    assert ended(jobs, job).state == "stopped"


def test_a_paused_training_can_be_stopped_and_has_a_model(jobs, pace):
    job = start_paused(jobs, pace)
    jobs.stop(job)
    assert ended(jobs, job).message.startswith("Stopped after 1 step: it reads ")
    assert same(weights(jobs.model(job)), weights(trained_directly(RECIPE, steps=1)))


def test_a_paused_training_without_a_heartbeat_ends(jobs, pace, clock):
    job = start_paused(jobs, pace)
    clock.now += 1000
    wait_for(lambda: jobs._active is None)
    assert "nobody was watching" in state_of(jobs, job).message


def test_a_pause_is_limited_while_others_wait(make, pace, clock):
    jobs = make(patience=50.0)
    first = start_paused(jobs, pace)
    clock.now += 49
    second = jobs.start(RECIPE)
    time.sleep(0.3)
    assert (state_of(jobs, first).paused, state_of(jobs, second).state) == (True, "waiting")
    clock.now += 2
    assert [ended(jobs, job).state for job in (first, second)] == ["done", "done"]
    assert same(weights(jobs.model(first)), weights(trained_directly(RECIPE)))


def test_the_pace_excludes_pauses(jobs, pace, clock):
    pace.before.append(lambda _: setattr(clock, "now", clock.now + 2.0))
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    pace.let(3)
    until(jobs, job, "running", step=3)
    jobs.control(job, "step")
    pace.let(1)
    wait_until_paused(jobs, job, 4)
    clock.now += 60
    jobs.control(job, "play")
    pace.let(1)
    state = until(jobs, job, "running", step=5)
    assert state.pace == pytest.approx(0.5) and state.seconds_left == pytest.approx(2.0 * (STEPS - 5))


def test_changed_settings_apply_at_the_next_step_and_are_marked(jobs, pace, live_view):
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    pace.let(2)
    until(jobs, job, "running", step=2)
    answer = live_view.change({"job": job, "settings": {"lr": 0.005, "weight_decay": 0.02, "augmentation": 0.5}})
    assert answer["training"]["marks"] == (
        {"step": 2, "text": "lr 0.02 → 0.005, weight_decay 0.0001 → 0.02, augmentation 0 → 0.5"},
    )
    assert answer["training"]["settings"] == {"lr": 0.005, "weight_decay": 0.02, "augmentation": 0.5}
    pace.let_all()
    ended(jobs, job)
    lrs = [point.lr for point in state_of(jobs, job).train]
    assert max(lrs[:2]) > 0.0099 and max(lrs[4:]) <= 0.005
    assert not same(weights(jobs.model(job)), weights(trained_directly(RECIPE)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 8}, "batch_size must stay 32 while a model trains, got 8"),
        ({"embed_dim": 8}, "embed_dim cannot change while a model trains"),
        ({"lr": -1}, "lr must be"),
        ({"lr": "fast"}, "lr must be"),
        ({"augmentation": 9}, "augmentation must be"),
        ("faster", "expected settings, got str"),
    ],
)
def test_other_settings_are_refused(jobs, pace, live_view, settings, message):
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    assert live_view.change({"job": job, "settings": settings})["error"].startswith(message)
    assert not state_of(jobs, job).marks


def test_unknown_commands_and_expired_trainings_are_refused(jobs, pace, live_view):
    job = jobs.start(RECIPE)
    assert "expected one of play, pause" in live_view.control({"job": job, "command": "explode"})["error"]
    for ask in (live_view.now, live_view.control, live_view.change, live_view.snapshots):
        assert ask({"job": "nobody's", **SEVEN}) == ask({}) == ask([]) == {"error": EXPIRED}


def test_the_latest_snapshot_reads_as_the_model_of_that_step(jobs, pace, live_view):
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    jobs.control(job, "step")
    pace.let_all()
    for step in (1, 2, 3):
        wait_until_paused(jobs, job, step)
        answer = live_view.now({"job": job, **SEVEN})
        model = trained_directly(RECIPE, steps=step)
        image = torch.from_numpy(live_view.reader.image(SEVEN))[None, None]
        trace = model.trace(image)
        assert (answer["training"]["step"], answer["snapshot"]["step"]) == (step, step)
        np.testing.assert_allclose(answer["snapshot"]["probs"], trace.probs[0].tolist(), atol=1e-5)
        np.testing.assert_allclose(
            unpack(answer["snapshot"]["attention"]), trace.cls_attention[:, 0].detach(), atol=1e-4
        )
        digits = model(DIGITS["test"].images[:20, None].float() / 255).argmax(dim=-1)
        assert answer["snapshot"]["test_digits"] == digits.tolist()
        jobs.control(job, "step")
    jobs.control(job, "play")
    ended(jobs, job)


def test_each_snapshot_reads_as_the_model_of_its_step(jobs, live_view):
    job = jobs.start(RECIPE)
    ended(jobs, job)
    snapshots = live_view.snapshots({"job": job, "digit": 7, **SEVEN})["snapshots"]
    steps = [snapshot["step"] for snapshot in snapshots]
    assert steps[0] == 0 and steps[-1] == STEPS and steps == sorted(set(steps))
    image = torch.from_numpy(live_view.reader.image(SEVEN))[None]
    for snapshot in snapshots:
        model = trained_directly(RECIPE, steps=snapshot["step"]) if snapshot["step"] else fresh(RECIPE)
        half = {name: weight.half().float() for name, weight in model.state_dict().items()}
        model.load_state_dict(half)  # snapshots are stored in half precision
        np.testing.assert_allclose(snapshot["probs"], model.trace(image[None]).probs[0].tolist(), atol=1e-5)
        np.testing.assert_allclose(unpack(snapshot["relevance"]), relevance(model, image, 7).detach(), atol=1e-5)
        np.testing.assert_allclose(unpack(snapshot["occlusion"]), occlusion(model, image, 7).detach(), atol=1e-4)


def fresh(recipe: Recipe) -> torch.nn.Module:
    return fresh_model(recipe).eval()


@pytest.mark.parametrize(("steps", "weights"), [(3, 1000), (1720, 269_098), (6000, 4_000_000), (100_000, 10)])
def test_snapshots_are_few_and_mostly_early(steps, weights):
    chosen = sorted(snapshot_steps(steps, weights))
    assert (chosen[0], chosen[-1]) == (0, steps)
    assert len(chosen) <= MAX_SNAPSHOTS and (len(chosen) * 2 * weights <= MAX_BYTES or len(chosen) <= MIN_SNAPSHOTS)
    assert (np.diff(chosen, 2) >= -1).all()  # each interval is longer than the one before, up to rounding


def test_a_snapshot_restores_any_kind_of_model(jobs):
    """Without positions the model has a tensor that no file contains."""
    for change in ({}, {"positions": "none"}, {"pool": "mean"}, {"norm": "post"}):
        recipe = Recipe(replace(TINY, **change), TrainConfig())
        model, image = fresh_model(recipe).eval(), torch.rand(2, 1, 28, 28)
        again = take_snapshot(0, model).model(recipe.model)
        torch.testing.assert_close(again(image), model(image))
        assert not again.training


def test_the_strength_of_augmentation_multiplies_the_recipes():
    live = Live(Recipe(TINY, replace(SHORT, rotation=10.0, shift=2.0)))
    assert live.settings["augmentation"] == 1
    live.change({"augmentation": 2}, 5)
    assert (live.config.rotation, live.config.shift, live.config.shear) == (20.0, 4.0, 0.0)
    live.change({"augmentation": 0}, 6)
    assert not live.config.augments
    live.change({"augmentation": 1}, 7)
    assert live.config == live.recipe.training


def test_a_problem_is_reported_and_its_advice_can_be_followed(make, live_view, pace):
    """A learning rate of 1 is too high; the training accepts the suggested change."""
    job = live_view.jobs.start(Recipe(TINY, TrainConfig(epochs=60, batch_size=32, lr=1.0, val_size=40)))
    until(live_view.jobs, job, "running")
    pace.let(60)
    until(live_view.jobs, job, "running", step=36)
    (finding, *_) = live_view.control({"job": job, "command": "slow"})["training"]["findings"]
    assert finding["level"] == "warning" and finding["change"]["lr"] < 1
    assert "error" not in live_view.change({"job": job, "settings": finding["change"]})
    assert state_of(live_view.jobs, job).settings["lr"] == finding["change"]["lr"]
    assert not state_of(live_view.jobs, job).findings  # earlier steps say nothing about the new settings
