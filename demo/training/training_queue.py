"""Training queue: the trainings of all visitors, one after another in one thread."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path
from typing import Any

from demo.training.cost import check
from demo.training.gpu import zero_gpu
from demo.training.gpu_jobs import GpuJobs
from demo.training.job import Job
from demo.training.messages import count
from demo.training.race_job import RACE, RACE_IMAGES, RACE_SECONDS, RaceJob
from demo.training.speed import Speed, same_steps
from demo.training.time_limit import check_limit
from train.config import Recipe


class Jobs(GpuJobs):
    """The trainings of all visitors, one after another in one thread. Every method may be called from any thread."""

    def __init__(self, data_folder: str | Path = "data", *, max_waiting: int = 16, **options: Any) -> None:
        """Start with no jobs, no digits and no thread.

        Args:
            data_folder: folder of the data sets; a missing one is downloaded to it.
            max_waiting: jobs that may wait while one runs.
            options: as `RunningJob`.
        """
        super().__init__(data_folder, **options)
        self._max_waiting = max_waiting
        self._thread: threading.Thread | None = None

    def start(
        self, recipe: Recipe, max_images: int | None = None, seconds: float = 0.0, gpu: bool | None = None
    ) -> str:
        """Queue a training; return the job's id.

        Args:
            recipe: what to train, and how.
            max_images: images of the training set at most; None for all.
            seconds: time limit, 0 for none. With a limit, `demo.training.time_limit` chooses epochs and images.
            gpu: whether a GPU of ZeroGPU trains; None where there is one.

        Raises:
            ValueError: the queue is full, or `check` refuses the training; the reason follows "Not started: ".
        """
        with self._lock:
            self._expire()
            sets = self._digits.get(recipe.training.dataset)
            check(recipe.with_epochs(1) if check_limit(seconds) else recipe, max_images, len(sets[0]) if sets else None)
            job = Job(uuid.uuid4().hex, recipe, max_images, last_asked=self._clock(), limit=float(seconds))
            job.gpu = zero_gpu() if gpu is None else gpu
            return self._enqueue(job)

    def start_race(self, recipe: Recipe = RACE, seconds: float = RACE_SECONDS) -> str:
        """Queue a race (`demo.training.race_job`); return its id.

        Args:
            recipe: its training, for all three networks.
            seconds: of training after which it ends in any case, all three together.

        Raises:
            ValueError: the queue is full.
        """
        with self._lock:
            self._expire()
            return self._enqueue(
                RaceJob(uuid.uuid4().hex, recipe, RACE_IMAGES, last_asked=self._clock(), race_seconds=float(seconds))
            )

    def speed(self, recipe: Recipe) -> Speed | None:
        """Return the seconds per step of a recipe here; None if another training prevents the measurement."""
        speed = self._running_speed(recipe) or self._speeds.stored(recipe)
        if speed:
            return speed
        with self.alone() as free:
            speed = self._speeds.stored(recipe)  # another thread may have measured it meanwhile
            return speed or (self._speeds.measure(recipe) if free else None)

    def settled(self, recipe: Recipe) -> bool:
        """Return whether `speed` was measured on a free machine, and no training runs that may change it."""
        speed = self._speeds.stored(recipe)
        with self._lock:
            free = self._active is None and not self._waiting
        return free and speed is not None and speed.source == "measured"

    def _running_speed(self, recipe: Recipe) -> Speed | None:
        """Return the speed of the active training, if its steps are those of `recipe`."""
        with self._lock:
            job = self._active
            if job is None or job.pace == 0 or same_steps(job.recipe) != same_steps(recipe):
                return None
            return Speed(1 / job.pace, "running")

    def close(self) -> None:
        """Stop all jobs, accept no more, and wait for the thread to end."""
        with self._lock:
            self._closed = True
            while self._waiting:
                self._waiting.popleft().end("stopped")
            self._lock.notify_all()
        if self._thread:
            self._thread.join()

    def _enqueue(self, job: Job) -> str:
        """Put a job into the queue, with the lock held; return its id. Errors as in `start`."""
        self._check_room()
        self._jobs[job.id] = job
        self._waiting.append(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="training", daemon=True)
            self._thread.start()
        self._lock.notify_all()
        return job.id

    def _check_room(self) -> None:
        """Refuse a job if the queue is full; errors as in `start`."""
        if self._closed:
            raise ValueError("no more trainings are accepted, because the app is shutting down")
        if self._ahead(len(self._waiting)) > self._max_waiting:
            waiting = count(len(self._waiting), "training")
            raise ValueError(f"the queue is full, with {waiting} waiting; please try later")

    def _work(self) -> None:
        """Run one job after another, in the thread. It has no reference to an ended job, whose memory can be freed."""
        while self._next():
            self._run()

    def _next(self) -> bool:
        """Wait for a job and make it the active one; return False after `close`."""
        with self._lock:
            while not self._closed:
                self._expire()
                if self._waiting:
                    self._active = self._waiting.popleft()
                    self._active.state, self._active.note = "fetching", "The digits are being loaded."
                    return True
                self._lock.wait()
            return False
