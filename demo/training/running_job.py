"""Running job: the training that has the slot. Load its digits, train, wait while its visitor pauses, evaluate."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from demo.dataset_fetch import BYTES
from demo.training import memory
from demo.training.job import Job, StoppedError, freeze
from demo.training.live import TEST_DIGITS
from demo.training.pacing import SLOW_SECONDS
from demo.training.race_job import RaceJob
from demo.training.speed import Speeds
from demo.training.state import End
from demo.training.time_limit import fit
from demo.training.watched_jobs import WatchedJobs
from train.config import TrainConfig
from train.data.dataset import DataError, Digits, Progress, load
from train.datasets import DATASETS
from train.families.network import Classifier
from train.families.race import contestants, race
from train.loop import DivergedError, Event, Step, fresh_model, train
from train.score import Score, evaluate
from vit.model import VisionTransformer

Load = Callable[[Literal["train", "test"], str | Path, Progress | None, str], Digits]

PAUSE_CHECK_SECONDS = 0.1  # between two checks whether a paused training is still wanted
MEASUREMENTS = 3  # of the speed before a training with a time limit; the fastest one is the least disturbed
MAX_DATASETS = 2  # in memory, 47 MB each

log = logging.getLogger(__name__)


class RunningJob(WatchedJobs):
    """The jobs, and how the active one runs in the thread of `Jobs`."""

    def __init__(
        self, data_folder: str | Path = "data", *, patience: float = 120.0, load: Load = load, **limits: Any
    ) -> None:
        """Start with no jobs and no digits.

        Args:
            data_folder: folder of the data sets; a missing one is downloaded to it.
            patience: seconds for which a visitor may pause a job while others wait.
            load: as `train.data.dataset.load`.
            limits: as `WatchedJobs`.
        """
        super().__init__(**limits)
        self.folder, self._load, self._patience = data_folder, load, patience
        self._digits: dict[str, tuple[Digits, Digits]] = {}
        self._quiet = threading.Lock()  # held while nothing else may compute
        self._speeds = Speeds(self._clock)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Yield whether no training runs; if so, none starts before the block ends.

        For code that measures times, or draws from PyTorch's generator, which all threads share.
        """
        with self._quiet:
            with self._lock:
                free = self._active is None
            yield free

    def _run(self) -> None:
        """Run the active job; however it fails, it ends."""
        job = self._active
        if job is None:
            return
        try:
            if isinstance(job, RaceJob):
                self._race(job)
            else:
                self._train(job)
        except StoppedError:
            self._end(job, "stopped")
        except (DataError, DivergedError) as error:
            self._end(job, "failed", str(error))
        except Exception as error:
            log.exception("a training failed")
            self._end(job, "failed", f"The training ended with an error: {error or type(error).__name__}")
        finally:
            memory.trim()

    def _end(self, job: Job, state: End, why: str = "") -> None:
        """End the active job, so that the next one can start."""
        with self._lock:
            job.end(state, why)
            if job.live.pacing.unwatched:
                job.last_asked = self._clock()  # its visitor has the full time to come back
            self._speeds.drop(job.recipe)  # it may have changed since it was measured
            self._active = None
            self._expire()

    def _train(self, job: Job) -> None:
        """Train the active job: load digits, train, evaluate."""
        with self._quiet:
            pass  # wait until a measurement that is running has ended
        train_set, val_set, test_set = self._load_sets(job)
        model = fresh_model(job.recipe)
        self._start(job, len(train_set))
        events = train(model, train_set, val_set, job.recipe.training)  # whitens the model at once
        with self._lock:
            job.live.start(model, job.steps, test_set.subset(slice(TEST_DIGITS)))
        self._follow(job, model, events)
        self._finish(job, model, val_set, test_set)

    def _start(self, job: Job, images: int) -> None:
        """Record that a job starts to train on `images` images, if it is still wanted."""
        with self._lock:
            if not self._wanted(job):
                raise StoppedError
            job.start(images)

    def _finish(self, job: Job, model: VisionTransformer, val_set: Digits, test_set: Digits) -> None:
        """Evaluate the model of a training and end it."""
        freeze(model, job.step)
        val, test = self._evaluate(job, model, val_set, test_set)
        with self._lock:
            job.finish(model, val, test)
            self._end(job, "done" if job.step == job.steps or job.timed_out else "stopped")

    def _race(self, job: RaceJob) -> None:
        """Train the networks of a race in turns until its time is over, and test them."""
        with self._quiet:
            pass  # as in `_train`
        train_set, val_set, test_set = self._load_sets(job)
        self._start(job, len(train_set))
        models = contestants(job.recipe.training.seed)
        with closing(race(models, train_set, val_set.subset(slice(0)), job.recipe.training)) as steps:
            for events in steps:
                points = job.measure(events, models, val_set, self._clock())
                with self._lock:
                    job.record_race(events, points)
                    wanted = self._wanted(job)
                if not wanted or job.is_over:
                    break
        self._finish_race(job, models, val_set, test_set)

    def _finish_race(self, job: RaceJob, models: dict[str, Classifier], val_set: Digits, test_set: Digits) -> None:
        """Test the networks of a race, unless nobody waits for that, and end it."""
        for model in models.values():
            freeze(model, job.step)
        with self._lock:
            job.note, job.learning = "The networks are read on changed test digits.", False
            asked_for = not (self._closed or job.abandoned)
        points = job.measure(job.last, models, val_set, None)
        results = job.test(models, test_set) if asked_for else {}
        with self._lock:
            job.record_race(job.last, points)
            job.results = results
            self._end(job, "done" if job.is_over else "stopped")

    def _follow(self, job: Job, model: VisionTransformer, events: Generator[Event, TrainConfig | None, None]) -> None:
        """Follow the training to its end, or to the first step after which it is no longer wanted."""
        event, sent = next(events, None), job.live.config
        while event is not None:
            with self._lock:
                self._record(job, model, event)
                wanted, config = self._wanted(job), job.live.config
            if (job.timed_out or not wanted) and isinstance(event, Step) and event.step < event.steps:
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
        """Load the training, validation and test set."""
        digits, test_set = self._load_digits(job)
        if job.limit:
            self._fit(job, len(digits))
        return *job.split(digits), test_set

    def _load_digits(self, job: Job) -> tuple[Digits, Digits]:
        """Load the digits to learn from and the test set; the newest data sets stay in memory."""
        name = job.recipe.training.dataset
        sets = self._digits.get(name)
        if sets is None:
            rest = (self.folder, self._progress(job), name)
            sets = self._load("train", *rest), self._load("test", *rest)
            self._digits = {**dict(list(self._digits.items())[1 - MAX_DATASETS :]), name: sets}
        return sets

    def _fit(self, job: Job, available: int) -> None:
        """Choose the epochs and images of a training with a time limit, from the speed of the machine now."""
        with self._lock:
            job.note = "The speed of this machine is measured."
        step = min(self._speeds.measure(job.recipe).seconds for _ in range(MEASUREMENTS))
        with self._lock:
            job.follow_recipe(fit(job.recipe, job.limit, step, available))

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
