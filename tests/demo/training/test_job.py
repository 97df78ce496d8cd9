"""Test one training: it equals `train.loop.train`, its state follows it, and it ends with a model or an error."""

import logging
import threading
from dataclasses import FrozenInstanceError, replace

import pytest
import torch

import demo.training.running_job
import vit
from demo.dataset_fetch import MNIST_BYTES
from demo.training.curves import Point
from tests.demo.training.jobs_data import (
    DIGITS,
    IMAGES,
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
from train.config import Recipe, TrainConfig
from train.data.dataset import DataError
from train.loop import DivergedError, Step, train
from train.splits import hold_out
from vit import checkpoint


def test_a_training_from_start_to_end(jobs):
    job = jobs.start(RECIPE)
    state = ended(jobs, job)
    assert (state.state, state.step, state.steps, state.epoch, state.epochs) == ("done", STEPS, STEPS, 3, 3)
    assert (state.id, state.progress, state.can_use) == (job, 1.0, True)
    assert state.seconds_left is None
    accuracy = f"{100 * state.val[-1].accuracy:.1f} % of the validation images right"
    assert state.message == f"Finished: it reads {accuracy}. 3 epochs, 15 steps."
    assert (state.images, state.dataset, state.limit, state.look_for) == (IMAGES - SHORT.val_size, "mnist", 0.0, "")
    assert [point.step for point in state.train] == list(range(1, STEPS + 1))
    assert [point.step for point in state.val] == [5, 10, 15]
    with pytest.raises(FrozenInstanceError):
        state.step = 3


def test_the_model_equals_a_direct_training(jobs):
    """Queue, thread and snapshots change nothing: the weights agree bit for bit."""
    recipe = Recipe(replace(TINY, dropout=0.1), replace(SHORT, rotation=5.0, shift=1.0))
    job = jobs.start(recipe)
    ended(jobs, job)
    model = jobs.model(job)
    assert model is not None and not model.training
    assert same(weights(model), weights(trained_directly(recipe)))


def test_the_accuracies_are_those_of_the_returned_model(jobs):
    job = jobs.start(RECIPE)
    state, model = ended(jobs, job), jobs.model(job)
    val_set = hold_out(DIGITS["train"], SHORT)[1]
    assert state.val[-1].accuracy == pytest.approx(share_read_right(model, val_set))
    assert state.test_accuracy == pytest.approx(share_read_right(model, DIGITS["test"]))
    assert share_read_right(model, DIGITS["test"]) > 0.3  # better than chance, which is 0.1


def test_a_training_that_stops_within_an_epoch_shows_the_accuracy_of_its_final_weights(jobs, pace):
    job = jobs.start(RECIPE)
    pace.let(7)  # five steps, an epoch, a step
    until(jobs, job, "running", step=6)
    jobs.stop(job)
    pace.let(1)
    state, model = ended(jobs, job), jobs.model(job)
    assert [point.step for point in state.val] == [5, 7]
    right = share_read_right(model, hold_out(DIGITS["train"], SHORT)[1])
    assert state.val[-1].accuracy == pytest.approx(right)
    assert f"{100 * right:.1f} % of the validation images right" in state.message


def test_fewer_images_and_no_validation_set(jobs):
    recipe = Recipe(TINY, replace(SHORT, val_size=0))
    job = jobs.start(recipe, max_images=33)
    state = ended(jobs, job)
    assert state.step == 3 * 2
    assert state.val == ()
    assert same(weights(jobs.model(job)), weights(trained_directly(recipe, max_images=33)))


def test_the_state_follows_the_training(jobs, pace, clock):
    """A step takes two seconds on the test's clock, so each remaining step counts two seconds."""
    pace.before.append(lambda event: setattr(clock, "now", clock.now + 2.0 * isinstance(event, Step)))
    job = jobs.start(RECIPE)
    state = until(jobs, job, "running")
    assert (state.step, state.steps, state.progress, state.seconds_left) == (0, STEPS, 0.0, None)
    pace.let(1)
    assert until(jobs, job, "running", step=1).seconds_left is None  # one step does not give a speed
    pace.let(2)
    state = until(jobs, job, "running", step=3)
    assert (state.epoch, state.message, state.progress) == (1, "Epoch 1 of 3", 3 / STEPS)
    assert state.seconds_left == pytest.approx(2.0 * (STEPS - 3))
    assert len(state.train) == 3 and not state.val
    assert jobs.model(job) is None and not state.can_use and state.test_accuracy is None
    pace.let(4)  # two steps and the epoch, then a step
    state = until(jobs, job, "running", step=6)
    assert (state.epoch, state.message) == (2, "Epoch 2 of 3")
    assert state.seconds_left == pytest.approx(2.0 * (STEPS - 6))
    assert [point.step for point in state.val] == [5]


def test_the_curves_only_grow(jobs, pace):
    """Each step's point is what `train` yields, and no point changes once it was shown."""
    reported: list[Step] = []
    pace.before.append(lambda event: reported.append(event) if isinstance(event, Step) else None)
    job = jobs.start(RECIPE)
    shown: tuple[Point, ...] = ()
    for step in range(1, STEPS + 1):
        pace.let(1)
        if step > 5 and step % 5 == 1:
            pace.let(1)  # the event of the epoch in between
        points = until(jobs, job, "running", "done", step=step - (step > 5 and step % 5 == 1)).train
        assert points[: len(shown)] == shown
        shown = points
    pace.let_all()
    points = ended(jobs, job).train
    assert points[: len(shown)] == shown
    assert points == tuple(Point(step.step, step.loss, step.accuracy, step.lr, step.gradient) for step in reported)


def test_a_long_training_sends_few_points_and_none_changes(jobs, pace, monkeypatch):
    """Each point is the mean of 24 of the 4800 steps; the points of the first half stay the same."""

    def long(*_):
        for step in range(1, 4801):
            if step == 2401:
                assert pace.permits.acquire(timeout=PATIENCE)
            yield Step(step, 4800, 1, 1.0 / step, step / 4800, 0.1, 1.0, 1.0)

    monkeypatch.setattr(demo.training.running_job, "train", long)
    job = jobs.start(Recipe(TINY, replace(SHORT, epochs=30, batch_size=1)), max_images=160)
    shown = until(jobs, job, "running", step=2400).train
    pace.let(1)
    points = ended(jobs, job).train
    assert [point.step for point in points] == list(range(24, 4801, 24))
    assert len(shown) == 100 and points[:100] == shown


def fail_with(error: Exception):
    def fail(*_):
        raise error

    return fail


def test_digits_are_loaded_once_and_again_after_a_failure(jobs, loader):
    loader.first.append(fail_with(DataError("MNIST could not be fetched (npm: not installed).")))
    state = ended(jobs, first := jobs.start(RECIPE))
    assert (state.state, state.message) == ("failed", "MNIST could not be fetched (npm: not installed).")
    assert not state.can_use and jobs.model(first) is None and state.step == 0
    assert [ended(jobs, jobs.start(RECIPE)).state for _ in range(2)] == ["done", "done"]
    assert loader.calls == ["train", "train", "test"]


def test_an_unexpected_error_fails_one_job_only(jobs, loader, caplog):
    loader.first.append(fail_with(RuntimeError("out of luck\nand of much else")))
    with caplog.at_level(logging.ERROR):
        state = ended(jobs, jobs.start(RECIPE))
    assert (state.state, state.message) == ("failed", "The training ended with an error: out of luck.")
    assert "out of luck" in caplog.text
    assert ended(jobs, jobs.start(RECIPE)).state == "done"


def test_a_training_that_diverges_has_no_model(jobs, pace):
    def diverge(event):
        if isinstance(event, Step) and event.step == 4:
            raise DivergedError("the loss became nan at step 4: try a lower learning rate")

    pace.before.append(diverge)
    pace.let_all()
    state = ended(jobs, job := jobs.start(RECIPE))
    assert state.message == "The loss became nan at step 4: try a lower learning rate."
    assert (state.state, state.step, state.can_use, len(state.train)) == ("failed", 3, False, 3)
    assert jobs.model(job) is None


def test_weights_that_are_not_finite_give_no_model(jobs, monkeypatch):
    """The last step before a stop may have made the weights infinite or nan."""

    def break_weights(model, *args):
        yield from (event for event, _ in zip(train(model, *args), range(2), strict=False))
        torch.nn.init.constant_(model.head.bias, torch.nan)
        yield Step(3, STEPS, 1, 1.0, 0.1, 0.1, 1.0, 1.0)

    monkeypatch.setattr(demo.training.running_job, "train", break_weights)
    state = ended(jobs, jobs.start(RECIPE))
    assert state.state == "failed" and "no longer finite after step 3" in state.message


def test_a_download_is_shown_and_can_be_stopped(jobs, loader):
    reported, go_on = threading.Event(), threading.Event()

    def fetch(progress):
        progress(0, None, "mnist.tgz")
        progress(round(0.43 * MNIST_BYTES), None, "train-images-idx3-ubyte.gz")
        reported.set()
        assert go_on.wait(PATIENCE)
        progress(round(0.44 * MNIST_BYTES), None, "train-images-idx3-ubyte.gz")
        raise AssertionError("this fetch should have ended")

    loader.first.append(fetch)
    job = jobs.start(RECIPE)
    assert reported.wait(PATIENCE)
    state = state_of(jobs, job)
    assert (state.state, state.message) == ("fetching", "Fetching MNIST, 43 %")
    assert state.progress == pytest.approx(0.43, abs=1e-6) and state.seconds_left is None
    jobs.stop(job)
    go_on.set()
    assert ended(jobs, job).message == "Stopped before the first step."
    assert ended(jobs, jobs.start(RECIPE)).state == "done"


def test_a_smaller_set_than_mnist_is_noticed(jobs):
    """Until the digits are loaded, MNIST's 60000 are assumed; then their number is known."""
    recipe = Recipe(TINY, replace(SHORT, val_size=IMAGES))
    state = ended(jobs, jobs.start(recipe))
    assert (state.state, state.can_use) == ("failed", False)
    assert state.message == "Some of the 200 images must be left to learn from, got val_size 200."
    with pytest.raises(ValueError, match="some of the 200 images"):
        jobs.start(recipe)


def test_save_writes_the_model_with_its_recipe_and_figures(jobs, tmp_path):
    job = jobs.start(RECIPE, max_images=100)
    state = ended(jobs, job)
    path = tmp_path / "mine.safetensors"
    assert jobs.save(job, path)
    assert same(weights(vit.load(path)), weights(jobs.model(job)))
    header = checkpoint.read_header(path)
    assert header.config == TINY
    assert TrainConfig.from_saved(header.recipe["training"]) == SHORT
    assert (header.recipe["done_epochs"], header.recipe["steps"], header.recipe["max_images"]) == (3, 12, 100)
    assert header.figures["test"]["accuracy"] == state.test_accuracy
    last = state.val[-1].accuracy
    assert (header.figures["val"]["accuracy"], header.figures["val"]["images"]) == (last, 40)


def test_nothing_is_saved_before_the_end(jobs, pace, tmp_path):
    job = jobs.start(RECIPE)
    pace.let(2)
    until(jobs, job, "running", step=2)
    assert not jobs.save(job, tmp_path / "mine.safetensors")
    assert not list(tmp_path.iterdir())
