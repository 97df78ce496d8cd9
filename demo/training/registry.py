"""Whose trainings there are: who looked when, what may be asked and said of each, and which are forgotten.

A job is known by an id that nobody can guess. Whoever has the id may watch, stop, use and save the training. To look
at it is also its heartbeat: a page that was closed lets its training end.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.models import LoadedModel
from demo.training.job import Job, View
from demo.training.live import Live
from demo.training.pacing import Command
from train.config import Recipe, TrainConfig
from vit.calibration import Calibration
from vit.model import VisionTransformer

IDLE = 90.0  # seconds without a look, after which a job that waits or runs is stopped
KEEP = 3600.0  # seconds without a look, after which a job that ended is forgotten
ANSWERED = 0.5  # seconds for which a visitor's command is waited for at most


class Registry:
    """The jobs that are kept, one of which may be active while others wait. Any method may be called by any thread."""

    def __init__(
        self,
        *,
        idle_seconds: float = IDLE,
        keep_seconds: float = KEEP,
        max_kept: int = 64,
        max_films: int = 8,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with no jobs.

        Args:
            idle_seconds: without a look, after which a job that waits or runs is stopped.
            keep_seconds: without a look, after which a job that ended is forgotten.
            max_kept: ended jobs that are remembered; those looked at last stay.
            max_films: of those, how many keep their film and their optimiser's state.
            clock: seconds that never go back.
        """
        self._clock, self._idle, self._keep = clock, idle_seconds, keep_seconds
        self._max_kept, self._max_films = max_kept, max_films
        self._lock = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._active: Job | None = None
        self._closed = False

    def adopt(self, model: VisionTransformer, recipe: dict[str, Any], summary: str, temperature: float = 1.0) -> str:
        """Keep a model that came to be in another way than by a training here, as if it had; return its id.

        Args:
            model: is kept as it is, and must not be changed any more.
            recipe: goes into the header of its checkpoint.
            summary: says in a few words which model it is.
            temperature: by which its logits are to be divided, as far as is known.

        Raises:
            ValueError: the app is about to end.
        """
        with self._lock:
            if self._closed:
                raise ValueError("no more models are taken, for the app is about to end")
            job = Job(uuid.uuid4().hex, Recipe(model.config, TrainConfig()), None, seen=self._clock())
            job.adopt(model, recipe, summary, Calibration(temperature))
            self._jobs[job.id] = job
            self._sweep()
            return job.id

    def view(self, job_id: str) -> View | None:
        """Return the job as it stands, and note that someone is watching; None if the id is unknown or expired."""
        with self._lock:
            job = self._look(job_id)
            if job is None:
                return None
            return job.view(self._ahead(self._waiting.index(job)) if job.state == "waiting" else 0)

    def stop(self, job_id: str) -> None:
        """Cancel a job that waits, end one that runs at its next step; leave everything else as it is."""
        with self._lock:
            self._sweep()
            job = self._jobs.get(job_id)
            if job and job.state == "waiting":
                self._waiting.remove(job)
                job.end("stopped")
            elif job and not job.ended:
                job.stopping = True

    def control(self, job_id: str, command: Command) -> None:
        """Hold the job, or let it go on (see `Tempo`); one that has ended stays as it is. Errors as in `Tempo.obey`.

        It is waited for a moment until a step that is being learned is done.
        """
        with self._lock:
            job = self._look(job_id)
            if job and not job.ended:
                job.live.tempo.obey(command)
                job.live.stands = False
                self._lock.notify_all()
                if command in ("pause", "step"):
                    self._lock.wait_for(lambda: job.live.stands or job.ended, timeout=ANSWERED)

    def change(self, job_id: str, wishes: dict[str, Any]) -> None:
        """Give a job that runs other settings from its next step on; errors as in `Live.change`."""
        with self._lock:
            job = self._look(job_id)
            if job and job.state == "running":
                job.live.change(wishes, job.step)

    def made(self, job_id: str) -> tuple[str, Recipe | None] | None:
        """Return how a job's model came to be: in words, and by which recipe if it was trained; None as in `view`."""
        with self._lock:
            job = self._look(job_id)
            return (job.summary, None if job.made is not None else job.recipe) if job else None

    def forget(self, job_id: str) -> None:
        """Stop a job that waits or runs; keep nothing of it."""
        self.stop(job_id)
        with self._lock:
            job = self._jobs.get(job_id)
            if job and job.ended:
                del self._jobs[job_id]
            elif job:
                job.keep = False

    def live(self, job_id: str) -> Live | None:
        """Return what is to be seen of the job's training while it goes on and afterwards; None as in `view`."""
        with self._lock:
            job = self._look(job_id)
            return job.live if job else None

    def model(self, job_id: str) -> VisionTransformer | None:
        """Return the model that the job ended with, None if there is none, or not yet.

        It is the kept one itself, the same at every call, and only to be read: it is in evaluation mode, takes no
        gradients, and never changes again.
        """
        with self._lock:
            job = self._look(job_id)
            return job.model if job else None

    def loaded(self, job_id: str) -> LoadedModel | None:
        """Return that model with how far to trust it, None as in `model`."""
        model = self.model(job_id)
        if model is None:
            return None
        with self._lock:
            job = self._jobs.get(job_id)
            summary, calibration = (job.summary, job.calibration) if job else ("", Calibration())
        which = summary or f"your model: {model.config.num_patches} patches"
        return LoadedModel(model, f"{which}, {model.num_params:,} parameters.", calibration)

    def save(self, job_id: str, path: str | Path) -> bool:
        """Write the model that the job ended with to `path`, a checkpoint; return whether there was one."""
        with self._lock:
            job = self._look(job_id)
        return bool(job and job.save(path))

    def _ahead(self, waiting: int) -> int:
        """Return how many jobs come before one that `waiting` others wait in front of."""
        return waiting + (self._active is not None)

    def _look(self, job_id: str) -> Job | None:
        """Return the job if it is still kept, and note that someone looked."""
        self._sweep()
        job = self._jobs.get(job_id)
        if job:
            job.seen = self._clock()
        return job

    def _sweep(self) -> None:
        """Cancel the jobs that nobody waits for, and forget the ended ones that are too old or too many."""
        now = self._clock()
        for job in [job for job in self._waiting if now - job.seen > self._idle]:
            self._waiting.remove(job)
            job.abandoned = True
            job.end("stopped")
        ended = sorted((job for job in self._jobs.values() if job.ended), key=lambda job: job.seen, reverse=True)
        for place, job in enumerate(ended):
            if not job.keep or place >= self._max_kept or now - job.seen > self._keep:
                del self._jobs[job.id]
            elif place >= self._max_films:
                job.slim()

    def _wanted(self, job: Job) -> bool:
        """Tell whether to go on with the active job: it was not stopped, and someone still watches."""
        if not job.stopping and self._clock() - job.seen > self._idle:
            job.stopping = job.abandoned = True
        return not (job.stopping or self._closed)
