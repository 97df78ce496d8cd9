"""Training runs of all visitors: look up, control, and end those that nobody watches.

A job has an id that nobody can guess. A page that has the id may follow, stop, use and save the run. Each request about
a job is also its heartbeat: a run whose page is closed ends after IDLE_SECONDS, or after UNWATCHED_SECONDS if its
visitor lets it go on alone and nobody else waits for the machine.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from demo.models import LoadedModel
from demo.training.job import Job
from demo.training.job_state import message, state_of
from demo.training.live import Live
from demo.training.pacing import Command
from demo.training.race_job import RaceJob
from demo.training.state import TrainingState
from train.config import Recipe, TrainConfig
from train.families.network import Classifier
from vit.calibration import Calibration
from vit.model import VisionTransformer

IDLE_SECONDS = 90.0  # a job that waits or runs is stopped after this time without a request
UNWATCHED_SECONDS = 1800.0  # the same for a job that runs and whose visitor lets it go on alone
EXPIRE_SECONDS = 3600.0  # an ended job is deleted after this time without a request
NO_CONTROL = "A training on the GPU cannot be paused or changed; stop it, or train on the CPU"
COMMAND_SECONDS = 0.5  # the longest wait for a command to take effect


class WatchedJobs:
    """The jobs: one may be active while others wait. Any thread may call any method."""

    def __init__(
        self,
        *,
        idle_seconds: float = IDLE_SECONDS,
        expire_seconds: float = EXPIRE_SECONDS,
        max_ended: int = 64,
        max_full: int = 8,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with no jobs.

        Args:
            idle_seconds: time without a request after which a job that waits or runs is stopped.
            expire_seconds: time without a request after which an ended job is deleted.
            max_ended: number of ended jobs that are stored, those with the latest requests.
            max_full: number of those that keep their snapshots and their optimizer's state.
            clock: returns seconds that never decrease.
        """
        self._clock, self._idle_seconds, self._expire_seconds = clock, idle_seconds, expire_seconds
        self._max_ended, self._max_full = max_ended, max_full
        self._lock = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._active: Job | None = None
        self._closed = False

    def adopt(self, model: VisionTransformer, header: dict[str, Any], summary: str, temperature: float = 1.0) -> str:
        """Register a model that was not trained here as an ended job; return its id.

        Args:
            model: its weights must not change any more.
            header: how it was trained, for its checkpoint, in place of a recipe.
            summary: name of the model in a few words.
            temperature: divides its logits.

        Raises:
            ValueError: the app is shutting down.
        """
        with self._lock:
            if self._closed:
                raise ValueError("no more models are accepted, because the app is shutting down")
            job = Job(uuid.uuid4().hex, Recipe(model.config, TrainConfig()), None, last_asked=self._clock())
            job.adopt(model, header, summary, Calibration(temperature))
            self._jobs[job.id] = job
            self._expire()
            return job.id

    # ---- questions: each is a heartbeat; the answer is None if the id is unknown or expired ----

    def state(self, job_id: str) -> TrainingState | None:
        """Return the state of a job for the page."""
        with self._lock:
            job = self._touch(job_id)
            if job is None:
                return None
            return state_of(job, self._ahead(self._waiting.index(job)) if job.state == "waiting" else 0)

    def origin(self, job_id: str) -> tuple[str, Recipe | None] | None:
        """Return the summary of a job's model, and the recipe if it was trained here."""
        with self._lock:
            job = self._touch(job_id)
            return (job.summary, job.recipe if job.adopted is None else None) if job else None

    def race(self, job_id: str) -> tuple[dict[str, Any], Mapping[str, Classifier]] | None:
        """Return the state of a race for the page, with its `message`, and its networks by name; do not change them."""
        with self._lock:
            job = self._touch(job_id)
            if not isinstance(job, RaceJob):
                return None
            ahead = self._ahead(self._waiting.index(job)) if job.state == "waiting" else 0
            return job.pack() | {"message": message(job, ahead)}, job.networks

    def live(self, job_id: str) -> Live | None:
        """Return the snapshots and settings of a job."""
        with self._lock:
            job = self._touch(job_id)
            return job.live if job else None

    def model(self, job_id: str) -> VisionTransformer | None:
        """Return the final model of a job, None if there is none or not yet.

        It is the stored model itself, not a copy, in evaluation mode and without gradients: do not change it.
        """
        with self._lock:
            job = self._touch(job_id)
            return job.model if job else None

    def loaded(self, job_id: str) -> LoadedModel | None:
        """Return the model of `model` with its summary and calibration, or None."""
        with self._lock:
            job = self._touch(job_id)
            if job is None or job.model is None:
                return None
            which = job.summary or f"your model: {job.model.config.num_patches} patches"
            return LoadedModel(job.model, f"{which}, {job.model.num_params:,} parameters.", job.calibration)

    def save(self, job_id: str, path: str | Path) -> bool:
        """Write the final model of a job to `path` as a checkpoint; return whether there was one."""
        with self._lock:
            job = self._touch(job_id)
        return bool(job and job.save(path))

    # ---- commands ----

    def stop(self, job_id: str) -> None:
        """Cancel a job that waits, or end one that runs at its next step; others do not change."""
        with self._lock:
            self._expire()
            job = self._jobs.get(job_id)
            if job and job.state == "waiting":
                self._waiting.remove(job)
                job.end("stopped")
            elif job and not job.ended:
                job.stopping = True

    def control(self, job_id: str, command: Command) -> None:
        """Pause or continue a job that has not ended (see `Pacing`); errors as in `Pacing.apply`.

        It waits up to COMMAND_SECONDS until a running step is complete.
        """
        with self._lock:
            job = self._touch(job_id)
            if job and not job.ended:
                if job.gpu and command != "unwatched":
                    raise ValueError(NO_CONTROL)
                job.live.pacing.apply(command)
                job.live.paused = False
                self._lock.notify_all()
                if command in ("pause", "step"):
                    self._lock.wait_for(lambda: job.live.paused or job.ended, timeout=COMMAND_SECONDS)

    def change(self, job_id: str, settings: dict[str, Any]) -> None:
        """Change settings of a running job from its next step on; errors as in `Live.change`."""
        with self._lock:
            job = self._touch(job_id)
            if job and job.state == "running":
                if job.gpu:
                    raise ValueError(NO_CONTROL)
                job.live.change(settings, job.step)

    def forget(self, job_id: str) -> None:
        """Stop a job and delete it with its model."""
        self.stop(job_id)
        with self._lock:
            job = self._jobs.get(job_id)
            if job and job.ended:
                del self._jobs[job_id]
            elif job:
                job.discard = True

    # ---- with the lock held ----

    def _ahead(self, waiting: int) -> int:
        """Return how many jobs are ahead of one with `waiting` jobs before it in the queue."""
        return waiting + (self._active is not None)

    def _touch(self, job_id: str) -> Job | None:
        """Return a job and record its heartbeat; None if the id is unknown or expired."""
        self._expire()
        job = self._jobs.get(job_id)
        if job:
            job.last_asked = self._clock()
        return job

    def _expire(self) -> None:
        """Cancel waiting jobs without a heartbeat; delete ended jobs that are too old or too many."""
        now = self._clock()
        for job in [job for job in self._waiting if now - job.last_asked > self._idle_seconds]:
            self._waiting.remove(job)
            job.abandoned = True
            job.end("stopped")
        ended = sorted((job for job in self._jobs.values() if job.ended), key=lambda job: -job.last_asked)
        for rank, job in enumerate(ended):
            if job.discard or rank >= self._max_ended or now - job.last_asked > self._expire_seconds:
                del self._jobs[job.id]
            elif rank >= self._max_full:
                job.drop_all_but_model()

    def _wanted(self, job: Job) -> bool:
        """Return whether to continue the active job; stop it if it has no heartbeat."""
        pacing = job.live.pacing
        alone = pacing.unwatched and not pacing.delays and not self._waiting
        limit = UNWATCHED_SECONDS if alone else self._idle_seconds
        if not job.stopping and self._clock() - job.last_asked > limit:
            job.stopping = job.abandoned = True
        return not (job.stopping or self._closed)
