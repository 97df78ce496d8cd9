"""Jobs that a GPU of ZeroGPU trains: what its process reports is recorded here, where the visitor follows it."""

from __future__ import annotations

import pickle
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import gradio as gr

from demo.training import gpu
from demo.training.gpu import MAX_SECONDS, Began, Failed, Order, Progress, Report
from demo.training.job import Job
from demo.training.live import TEST_DIGITS
from demo.training.running_job import RunningJob
from train.data.dataset import Digits
from train.loop import DivergedError, fresh_model
from vit.model import VisionTransformer

USED_UP = "Your GPU time for today is used up"
NO_GPU = "No GPU could be had for this training"
TAKEN = "The GPU was taken away before the training had ended"


class GpuFailedError(Exception):
    """The Hub gave no GPU or took it away, or the training failed there; the message is for the visitor."""


class GpuJobs(RunningJob):
    """The jobs; those that say `gpu` train in a process that has one."""

    def _train(self, job: Job) -> None:
        """Train the active job, on the GPU or here."""
        if not job.gpu:
            super()._train(job)
            return
        try:
            with TemporaryDirectory() as folder:
                job.asked_in.run(self._train_on_gpu, job, Path(folder) / "stop")
        except GpuFailedError as failed:
            with self._lock:
                job.gpu_failed = True
                self._end(job, "failed", str(failed))

    def _train_on_gpu(self, job: Job, stop: Path) -> None:
        """Train the active job on the GPU, and evaluate it here."""
        digits, test_set = self._load_digits(job)
        job.split(digits)  # refuses too few of them
        seconds = min(job.limit or MAX_SECONDS, MAX_SECONDS)
        order = Order(job.recipe, digits, job.max_images, min(job.limit, MAX_SECONDS), stop)
        with self._lock:
            job.note = "Waiting for a GPU."
        with closing(remote_reports(order, seconds)) as reports:
            model, val_set = self._begin_on_gpu(job, next(reports), digits, test_set)
            for report in reports:
                self._take(job, model, report, stop)
        job.timed_out = job.step < job.steps and not stop.exists()
        job.live.capture(job.step, model, self._clock(), last=True)
        self._finish(job, model, val_set, test_set)

    def _begin_on_gpu(
        self, job: Job, began: Report, digits: Digits, test_set: Digits
    ) -> tuple[VisionTransformer, Digits]:
        """Start a job as its process reports; return the model here, and the validation set."""
        if not isinstance(began, Began):
            raise failure(began)
        with self._lock:
            job.follow_recipe(began.recipe)
        train_set, val_set = job.split(digits)
        model = fresh_model(began.recipe).eval()
        model.load_state_dict(began.weights)
        self._start(job, len(train_set))
        with self._lock:
            job.live.start(model, job.steps, test_set.subset(slice(TEST_DIGITS)))
        return model, val_set

    def _take(self, job: Job, model: VisionTransformer, report: Report, stop: Path) -> None:
        """Record a report; ask the process to stop if the training is no longer wanted."""
        if not isinstance(report, Progress):
            raise failure(report)
        with self._lock:
            job.record(report.event, report.event.seconds)
            if report.weights:
                model.load_state_dict(report.weights)
                job.live.capture(job.step, model, self._clock())
            wanted = self._wanted(job)
        if not wanted:
            stop.touch()


def failure(report: Report) -> DivergedError | GpuFailedError:
    """Return the error of a report that is no progress."""
    if not isinstance(report, Failed):
        return GpuFailedError(NO_GPU)
    return DivergedError(report.why) if report.diverged else GpuFailedError(report.why)


def remote_reports(order: Order, seconds: float) -> Generator[Report, None, None]:
    """Yield the reports of a training on the GPU.

    Raises:
        GpuFailedError: the Hub gave no GPU, or took it away.
    """
    try:
        with closing(gpu.remote_training(pickle.dumps(order), seconds)) as reports:
            for report in reports:
                yield pickle.loads(report)  # noqa: S301 (our own process wrote it)
    except gr.Error as error:
        raise GpuFailedError(what_happened(str(getattr(error, "title", "")), str(error.message))) from error
    except RuntimeError as error:  # of the Hub's scheduler: those of the training come as reports
        raise GpuFailedError(NO_GPU) from error


def what_happened(title: str, message: str) -> str:
    """Say what an error of the package `spaces` means, by its title and its message."""
    if "worker error" in title:  # the message is the name of an exception's class, or that the task was aborted
        return TAKEN if "aborted" in message else f"The training ended with an error: {message}"
    no_gpu_was_free = "No GPU was available" in message  # which has the title of a quota for those who have none
    return USED_UP if "quota exceeded" in title and not no_gpu_was_free else NO_GPU
