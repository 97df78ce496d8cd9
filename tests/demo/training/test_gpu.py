"""Training on ZeroGPU: in a forked process, as the Hub's decorator runs it, with the same weights as here."""

import multiprocessing
import os
import pickle
import subprocess
import sys
import types
from dataclasses import replace

import gradio as gr
import pytest

from demo.tabs.train.actions import poll, start_again
from demo.tabs.train.plan import NAMES, describe, renew_plan, settings_of
from demo.training import gpu
from demo.training.gpu import Began, Order, Progress, on_gpu, remote_training, reports, train_remotely
from tests.demo.training.jobs_data import DIGITS, RECIPE, STEPS, ended, same, state_of, trained_directly, until, weights
from train.config import Recipe
from train.loop import Done

FORK = multiprocessing.get_context("fork")
PIDS = []  # of the processes that trained
SECONDS = []  # that were asked for
IMAGES = 160
LONG = Recipe(RECIPE.model, replace(RECIPE.training, epochs=100, batch_size=1))  # 16,000 steps


def forking(task, duration):
    """Return a generator function that runs `task` in a forked process, as `spaces.GPU` does on ZeroGPU.

    Arguments and yields are pickled on their way, and an exception of the task ends in a `gr.Error` with its name.
    """

    def work(arguments, results):
        try:
            for result in task(*pickle.loads(arguments)):  # noqa: S301 (our own)
                results.put(("ok", result))
            results.put(("end", os.getpid()))
        except Exception as error:
            results.put(("failed", type(error).__name__))

    def handler(*arguments):
        SECONDS.append(duration(*arguments))
        results = FORK.SimpleQueue()
        process = FORK.Process(target=work, args=(pickle.dumps(arguments), results), daemon=True)
        process.start()
        while True:
            kind, value = results.get()
            if kind == "ok":
                yield value
                continue
            process.join()
            if kind == "failed":
                raise gr.Error(value, title="ZeroGPU worker error", print_exception=False)
            PIDS.append(value)
            return

    return handler


@pytest.fixture
def forked(monkeypatch):
    """Train as on ZeroGPU: the queue wants a GPU, and its decorator forks."""
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", types.SimpleNamespace(GPU=forking))
    decorated = on_gpu(train_remotely, gpu.seconds_needed)
    monkeypatch.setattr(gpu, "remote_training", decorated)
    return decorated


def refusing(title, message):
    def refuse(*_):
        raise gr.Error(message, title=title, print_exception=False)
        yield

    return refuse


def test_off_the_hub_the_decorator_does_nothing():
    assert remote_training is train_remotely


def test_a_training_in_a_forked_process_returns_the_same_weights(forked, jobs):
    job = jobs.start(RECIPE)
    state = ended(jobs, job)
    assert (state.state, state.step, state.gpu, state.gpu_failed) == ("done", STEPS, True, False), state.message
    assert same(weights(jobs.model(job)), weights(trained_directly(RECIPE)))
    assert PIDS[-1] != os.getpid()
    assert SECONDS[-1] == gpu.MAX_SECONDS + gpu.START_SECONDS
    assert [point.step for point in state.val] == [5, 10, 15]
    assert state.train[-1].step == STEPS


def test_snapshots_are_those_of_a_training_here(forked, jobs):
    there, here = jobs.start(RECIPE), jobs.start(RECIPE, gpu=False)
    for job in (there, here):
        ended(jobs, job)
    snapshots = [jobs.live(job).snapshots.items for job in (there, here)]
    assert [one.step for one in snapshots[0]] == [one.step for one in snapshots[1]]
    assert all(same(one.weights, other.weights) for one, other in zip(*snapshots, strict=True))


def test_it_stops_and_keeps_the_weights_of_its_last_step(forked, jobs):
    job = jobs.start(LONG, IMAGES)
    until(jobs, job, "running", step=3)
    jobs.stop(job)
    state = ended(jobs, job)
    assert state.state == "stopped" and 3 <= state.step < state.steps
    assert same(weights(jobs.model(job)), weights(trained_directly(LONG, IMAGES, state.step)))


def test_it_ends_when_its_time_is_over(forked, jobs, monkeypatch):
    monkeypatch.setattr("demo.training.gpu_jobs.MAX_SECONDS", 0.3)
    job = jobs.start(LONG, IMAGES)
    state = ended(jobs, job)
    assert state.state == "done" and 0 < state.step < state.steps
    assert jobs.model(job) is not None


def test_a_time_limit_chooses_epochs_and_images_by_the_speed_of_the_gpu(forked, jobs):
    job = jobs.start(RECIPE, seconds=1)
    state = ended(jobs, job)
    assert state.state == "done" and state.limit == 1, state.message
    assert state.epochs != RECIPE.training.epochs


def test_a_diverged_training_says_so(forked, jobs, monkeypatch):
    monkeypatch.setattr("train.loop.isfinite", lambda _: False)
    state = ended(jobs, jobs.start(RECIPE))
    assert state.state == "failed" and state.message.startswith("The loss became")
    assert not state.gpu_failed


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ("ZeroGPU quota exceeded", "You have exceeded your free ZeroGPU quota."),
            "Your GPU time for today is used up.",
        ),
        (("ZeroGPU quota exceeded", "No GPU was available after 60s."), "No GPU could be had for this training."),
        (("ZeroGPU client error", "No GPU was available"), "No GPU could be had for this training."),
        (("ZeroGPU worker error", "GPU task aborted"), "The GPU was taken away before the training had ended."),
        (("ZeroGPU worker error", "EOFError"), "The training ended with an error: EOFError."),
    ],
)
def test_without_a_gpu_it_says_why_and_the_cpu_trains_instead(forked, jobs, monkeypatch, error, message):
    monkeypatch.setattr(gpu, "remote_training", gpu_refusal := refusing(*error))
    refused = jobs.start(RECIPE)
    state = ended(jobs, refused)
    assert (state.state, state.message, state.gpu_failed) == ("failed", message, True)
    mine, *_ = start_again(jobs, {"job": refused}, gr.EventData(None, {"job": refused, "change": {}}))
    again = ended(jobs, mine["job"])
    assert (again.state, again.gpu) == ("done", False), gpu_refusal
    assert same(weights(jobs.model(mine["job"])), weights(trained_directly(RECIPE)))


@pytest.mark.parametrize("broken", ["fresh_model", "on_cpu"])  # before the first step, and after it
def test_a_failure_in_the_gpus_process_is_told_and_the_cpu_offered(forked, jobs, monkeypatch, broken):
    def fail(_):
        raise RuntimeError("CUDA error: out of memory\nCompile with TORCH_USE_CUDA_DSA")

    monkeypatch.setattr(gpu, broken, fail)
    state = ended(jobs, jobs.start(RECIPE))
    assert state.message == "The training ended with an error: CUDA error: out of memory."
    assert (state.state, state.gpu_failed) == ("failed", True)


def test_an_error_of_the_scheduler_is_no_failure_of_the_training(forked, jobs, monkeypatch):
    def fail(*_):
        raise RuntimeError("ZeroGPU API /schedule error: 500")
        yield

    monkeypatch.setattr(gpu, "remote_training", fail)
    state = ended(jobs, jobs.start(RECIPE))
    assert (state.message, state.gpu_failed) == ("No GPU could be had for this training.", True)


@pytest.mark.parametrize(("limit", "most"), [(300, "60 seconds"), (30, "30 seconds")])
def test_the_plan_says_the_gpus_limit_and_no_time_of_this_processor(forked, jobs, monkeypatch, limit, most):
    monkeypatch.setattr(jobs, "speed", lambda _: 1 / 0)
    settings = settings_of("fast")
    text, timer = renew_plan(jobs, "fast", *settings)
    assert "1,720 steps. A GPU trains for at most 60 seconds; then you get the model so far." in text
    assert timer.active is False
    settings = [limit if name == "seconds" else value for name, value in zip(NAMES, settings, strict=True)]
    assert f"at most {most}. When it starts, the speed of the GPU is measured" in describe(jobs, "fast", *settings)[0]


def test_the_time_is_that_of_the_visitor_who_asked(forked, jobs, monkeypatch):
    asked_by = gr.context.LocalContext.request
    seen = []

    def remote(order, seconds):
        seen.append(asked_by.get(None))
        yield from train_remotely(order, seconds)

    monkeypatch.setattr(gpu, "remote_training", remote)
    token = asked_by.set("the visitor's request")
    try:
        job = jobs.start(RECIPE)
    finally:
        asked_by.reset(token)
    ended(jobs, job)
    assert seen == ["the visitor's request"]


def test_a_training_on_a_gpu_cannot_be_paused(forked, jobs):
    job = jobs.start(LONG, IMAGES)
    until(jobs, job, "running", step=1)
    with pytest.raises(ValueError, match="cannot be paused or changed"):
        jobs.control(job, "pause")
    with pytest.raises(ValueError, match="cannot be paused or changed"):
        jobs.change(job, {"lr": 0.01})
    jobs.control(job, "unwatched")
    assert state_of(jobs, job).unwatched
    jobs.stop(job)
    assert poll(jobs, {"job": job})[0]["gpu"] is True


def test_reports_carry_plain_tensors_on_the_cpu(tmp_path):
    order = Order(RECIPE, DIGITS["train"], None, 0.0, tmp_path / "stop")
    all_reports = list(reports(order, 60, "cpu"))
    assert isinstance(all_reports[0], Began)
    assert isinstance(all_reports[-1], Progress) and isinstance(all_reports[-1].event, Done)
    assert all_reports[-1].weights and all(
        not w.is_cuda and not w.requires_grad for w in all_reports[-1].weights.values()
    )


def test_a_start_on_zerogpu_asks_for_a_gpu_function(tmp_path):
    """The Hub refuses to start a Space in which no function is decorated by then."""
    (tmp_path / "spaces.py").write_text("def GPU(task, duration):\n    print(task.__name__)\n    return task\n")
    env = {**os.environ, "SPACES_ZERO_GPU": "true", "PYTHONPATH": f"{tmp_path}{os.pathsep}."}
    told = subprocess.run(
        [sys.executable, "-c", "import demo.app"], env=env, capture_output=True, text=True, check=True
    )
    assert told.stdout == "train_remotely\n"
