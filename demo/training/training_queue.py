"""Training queue: the trainings of all visitors, one after another in one thread."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from demo.dataset_fetch import BYTES
from demo.training.cost import check
from demo.training.job import Job, StoppedError, freeze
from demo.training.live import TEST_DIGITS
from demo.training.messages import count
from demo.training.pacing import SLOW_SECONDS
from demo.training.speed import Speed, Speeds, same_steps
from demo.training.state import End
from demo.training.watched_jobs import WatchedJobs
from train.config import Recipe, TrainConfig
from train.data.dataset import DataError, Digits, Progress, load
from train.datasets import DATASETS
from train.loop import DivergedError, Event, Step, fresh_model, train
from train.score import Score, evaluate
from vit.model import VisionTransformer

Load = Callable[[Literal["train", "test"], str | Path, Progress | None, str], Digits]

PAUSE_CHECK_SECONDS = 0.1  # between two checks whether a paused training is still wanted
MAX_DATASETS = 2  # in memory, 47 MB each

log = logging.getLogger(__name__)


class Jobs(WatchedJobs):
    """The trainings of all visitors, one after another in one thread. Every method may be called from any thread."""

    def __init__(
        self,
        data_folder: str | Path = "data",
        *,
        max_waiting: int = 16,
        patience: float = 120.0,
        load: Load = load,
        **limits: Any,
    ) -> None:
        """Start with no jobs, no digits and no thread.

        Args:
            data_folder: of the data sets; a missing one is downloaded to it.
            max_waiting: jobs that may wait while one runs.
            patience: seconds for which a visitor may pause a job while others wait.
            load: as `train.data.dataset.load`.
            limits: as `WatchedJobs`.
        """
        super().__init__(**limits)
        self.folder, self._load = data_folder, load
        self._max_waiting, self._patience = max_waiting, patience
        self._digits: dict[str, tuple[Digits, Digits]] = {}
        self._quiet = threading.Lock()  # held while nothing else may compute
        self._speeds = Speeds(self._clock)
        self._thread: threading.Thread | None = None

    def start(self, recipe: Recipe, max_images: int | None = None) -> str:
        """Queue a training on at most `max_images` images of the training set; return the job's id.

        Raises:
            ValueError: the queue is full, or `check` refuses the training; the reason follows "Not started: ".
        """
        with self._lock:
            self._expire()
            sets = self._digits.get(recipe.training.dataset)
            check(recipe, max_images, len(sets[0]) if sets else None)
            self._check_room()
            job = Job(uuid.uuid4().hex, recipe, max_images, last_asked=self._clock())
            self._jobs[job.id] = job
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="training", daemon=True)
                self._thread.start()
            self._lock.notify_all()
            return job.id

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Tell whether no training runs; if so, none starts before the block ends.

        For code that measures times, or draws from PyTorch's generator, which all threads share.
        """
        with self._quiet:
            with self._lock:
                free = self._active is None
            yield free

    def speed(self, recipe: Recipe) -> Speed | None:
        """Return how long a step takes here; None if that cannot be measured because another training runs."""
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

    def _check_room(self) -> None:
        """Refuse a job if the queue is full; errors as in `start`."""
        if self._closed:
            raise ValueError("no more trainings are accepted, because the app is shutting down")
        if self._ahead(len(self._waiting)) > self._max_waiting:
            waiting = count(len(self._waiting), "training")
            raise ValueError(f"the queue is full, with {waiting} waiting; please try later")

    def _work(self) -> None:
        """Run job after job: the thread. It has no reference to one that has ended, so that its memory can be freed."""
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

    def _run(self) -> None:
        """Run the active job; however it fails, it ends."""
        job = self._active
        if job is None:
            return
        try:
            self._train(job)
        except StoppedError:
            self._end(job, "stopped")
        except (DataError, DivergedError) as error:
            self._end(job, "failed", str(error))
        except Exception as error:
            log.exception("a training failed")
            self._end(job, "failed", f"The training ended with an error: {error or type(error).__name__}")

    def _end(self, job: Job, state: End, why: str = "") -> None:
        """End the active job and free the slot."""
        with self._lock:
            job.end(state, why)
            self._speeds.drop(job.recipe)  # this training may have shown another
            self._active = None
            self._expire()

    def _train(self, job: Job) -> None:
        """Train the active job: load digits, train, evaluate."""
        with self._quiet:
            pass  # a measurement that was running has ended
        train_set, val_set, test_set = self._load_sets(job)
        model = fresh_model(job.recipe)
        with self._lock:
            if not self._wanted(job):
                raise StoppedError
            job.start(len(train_set))
        events = train(model, train_set, val_set, job.recipe.training)  # whitens the model before it returns
        with self._lock:
            job.live.start(model, job.steps, test_set.subset(slice(TEST_DIGITS)))
        self._follow(job, model, events)
        freeze(model, job.step)
        val, test = self._evaluate(job, model, val_set, test_set)
        with self._lock:
            job.val_score, job.test_score, job.model = val, test, model
            self._end(job, "done" if job.step == job.steps else "stopped")

    def _follow(self, job: Job, model: VisionTransformer, events: Generator[Event, TrainConfig | None, None]) -> None:
        """Follow the training to its end, or to the first step after which it is no longer wanted."""
        event, sent = next(events, None), job.live.config
        while event is not None:
            with self._lock:
                self._record(job, model, event)
                wanted, config = self._wanted(job), job.live.config
            if not wanted and isinstance(event, Step) and event.step < event.steps:
                break
            try:
                event, sent = events.send(None if config is sent else config), config
            except StopIteration:
                break
        events.close()
        job.live.capture(job.step, model, self._clock(), last=True)

    def _record(self, job: Job, model: VisionTransformer, event: Event) -> None:
        """Record an event and a snapshot of the model; pause if the visitor wants that."""
        now = self._clock()
        job.record(event, now - job.live.paused_seconds)
        job.live.pacing.record(event)
        job.live.capture(event.step, model, now)
        if event.step < job.steps:
            self._pause(job)
            job.live.paused_seconds += self._clock() - now

    def _pause(self, job: Job) -> None:
        """Wait as long as the visitor's pacing says; for a limited time if others wait for their turn."""
        since, pacing = self._clock(), job.live.pacing
        while pacing.delays and self._wanted(job):
            if self._waiting and job.live.paused_seconds + self._clock() - since > self._patience:
                pacing.release()
            elif not pacing.pause and self._clock() - since >= SLOW_SECONDS:
                break
            if pacing.pause and not job.live.paused:
                job.live.paused = True
                self._lock.notify_all()
            self._lock.wait(PAUSE_CHECK_SECONDS)
        job.live.paused = False

    def _load_sets(self, job: Job) -> tuple[Digits, Digits, Digits]:
        """Load the training, validation and test set; the newest data sets stay in memory."""
        name = job.recipe.training.dataset
        sets = self._digits.get(name)
        if sets is None:
            rest = (self.folder, self._progress(job), name)
            sets = self._load("train", *rest), self._load("test", *rest)
            self._digits = {**dict(list(self._digits.items())[1 - MAX_DATASETS :]), name: sets}
        digits, test_set = sets
        return *job.split(digits), test_set

    def _progress(self, job: Job) -> Progress:
        """Return the progress callback of a download; it raises when the job is no longer wanted."""
        pieces: dict[str, int] = {}
        name = job.recipe.training.dataset

        def report(done: int, total: int | None, what: str) -> None:  # noqa: ARG001 (files to come have no total yet)
            pieces[what] = done
            with self._lock:
                job.downloaded = min(sum(pieces.values()) / BYTES[name], 1.0)
                job.note = f"Fetching {DATASETS[name].title}, {100 * job.downloaded:.0f} %"
                if not self._wanted(job):
                    raise StoppedError

        return report

    def _evaluate(
        self, job: Job, model: VisionTransformer, val_set: Digits, test_set: Digits
    ) -> tuple[Score | None, Score | None]:
        """Evaluate the final weights on the validation and the test set."""
        with self._lock:
            job.note, job.learning, job.seconds_left = "The model is read on the test images.", False, None
            closed, val = self._closed, job.val_score if job.at_epoch_end else None
        if closed:
            return val, None
        if val is None and len(val_set):  # stopped within an epoch
            val = evaluate(model, val_set)
        return val, evaluate(model, test_set)
