"""Training for visitors: one slot and a queue. The page asks; nothing here knows the page."""

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
from demo.training.job import End, Job, StoppedError, count, only_to_read
from demo.training.live import STRIP
from demo.training.pacing import SLOW
from demo.training.registry import Registry
from demo.training.speed import Speed, Speeds, same_steps
from train.config import Recipe, TrainConfig
from train.data.dataset import DataError, Digits, Progress, load
from train.datasets import DATASETS
from train.loop import DivergedError, Event, Step, fresh_model, train
from train.score import Score, evaluate
from vit.model import VisionTransformer

Load = Callable[[Literal["train", "test"], str | Path, Progress | None, str], Digits]

HELD = 0.1  # seconds after which a training that is held looks whether it is still wanted
SETS = 2  # data sets that stay in memory, 47 MB each

log = logging.getLogger(__name__)


class Jobs(Registry):
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
        """Begin with no jobs, no digits and no thread.

        Args:
            data_folder: where MNIST is, or is to be kept.
            max_waiting: jobs that may wait beside the one that runs.
            patience: seconds for which a visitor may hold a job while others wait.
            load: as `train.data.dataset.load`.
            limits: as `Registry`.
        """
        super().__init__(**limits)
        self.folder, self._load = data_folder, load
        self._max_waiting, self._patience = max_waiting, patience
        self._digits: dict[str, tuple[Digits, Digits]] = {}
        self._quiet = threading.Lock()
        self._speeds = Speeds(self._clock)
        self._thread: threading.Thread | None = None

    def start(self, recipe: Recipe, max_images: int | None = None) -> str:
        """Queue a training, on at most `max_images` of the images that are not held out; return the job's id.

        Raises:
            ValueError: the queue is full, or `check` refuses the training; the reason, to follow "Not started: ".
        """
        with self._lock:
            self._sweep()
            known = self._digits.get(recipe.training.dataset)
            check(recipe, max_images, len(known[0]) if known else None)
            self._check_room()
            job = Job(uuid.uuid4().hex, recipe, max_images, seen=self._clock())
            self._jobs[job.id] = job
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="training", daemon=True)
                self._thread.start()
            self._lock.notify_all()
            return job.id

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Tell whether no training runs; if none does, none begins before the block ends.

        What draws from PyTorch's generator, which all threads share, or measures times, must not do so beside one.
        """
        with self._quiet:
            with self._lock:
                free = self._active is None
            yield free

    def speed(self, recipe: Recipe) -> Speed | None:
        """Return how long a step takes here; None while another training runs, beside which nothing is measured."""
        known = self._running_speed(recipe) or self._speeds.known(recipe)
        if known:
            return known
        with self.alone() as free:
            known = self._speeds.known(recipe)  # another thread may have measured it meanwhile
            return known or (self._speeds.measure(recipe) if free else None)

    def settled(self, recipe: Recipe) -> bool:
        """Return whether `speed` is measured on a free machine, and no training runs that may change it."""
        known = self._speeds.known(recipe)
        with self._lock:
            free = self._active is None and not self._waiting
        return free and known is not None and known.source == "measured"

    def _running_speed(self, recipe: Recipe) -> Speed | None:
        """Return the speed of the training that runs, if its steps are those of `recipe`."""
        with self._lock:
            job = self._active
            known = job is not None and job.pace > 0 and same_steps(job.recipe) == same_steps(recipe)
            return Speed(1 / job.pace, "running") if job and known else None

    def close(self) -> None:
        """Stop everything, take nothing more, and return when the thread has ended."""
        with self._lock:
            self._closed = True
            while self._waiting:
                self._waiting.popleft().end("stopped")
            self._lock.notify_all()
        if self._thread:
            self._thread.join()

    def _check_room(self) -> None:
        """Refuse a job that could not wait here; errors as in `start`."""
        if self._closed:
            raise ValueError("no more trainings are taken, for the app is about to end")
        if self._ahead(len(self._waiting)) > self._max_waiting:
            waiting = count(len(self._waiting), "training")
            raise ValueError(f"the queue is full, with {waiting} waiting; please try later")

    def _work(self) -> None:
        """Run job after job: the thread. Between two of them it holds on to none, so that a dropped one is freed."""
        while self._next():
            self._run()

    def _next(self) -> bool:
        """Wait for a job and make it the active one; return False when no more will come."""
        with self._lock:
            while not self._closed:
                self._sweep()
                if self._waiting:
                    self._active = self._waiting.popleft()
                    self._active.state, self._active.message = "fetching", "Getting the digits ready."
                    return True
                self._lock.wait()
            return False

    def _run(self) -> None:
        """See the active job through to its end, whatever that is."""
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
        """Close the active job and free the slot."""
        with self._lock:
            job.end(state, why)
            self._speeds.drop(job.recipe)  # it has changed if this training was faster or slower
            self._active = None
            self._sweep()

    def _train(self, job: Job) -> None:
        """Train the active job from its digits to its scores."""
        with self._quiet:
            pass  # what was being measured has ended
        train_set, val_set, test_set = self._sets(job)
        model = fresh_model(job.recipe)
        with self._lock:
            if not self._wanted(job):
                raise StoppedError
            job.begin(len(train_set))
        events = train(model, train_set, val_set, job.recipe.training)  # which whitens the model before it returns
        with self._lock:
            job.live.begin(model, job.steps)
            job.live.strip = test_set.subset(slice(STRIP))
        self._learn(job, model, events)
        only_to_read(model, job.step)
        val, test = self._scores(job, model, val_set, test_set)
        with self._lock:
            job.val, job.test, job.model = val, test, model
            self._end(job, "done" if job.step == job.steps else "stopped")

    def _learn(self, job: Job, model: VisionTransformer, events: Generator[Event, TrainConfig | None, None]) -> None:
        """Follow the training to its end, or to the first step after which nobody wants it to go on."""
        event, known = next(events, None), job.live.config
        while event is not None:
            with self._lock:
                self._take_in(job, model, event)
                wanted, config = self._wanted(job), job.live.config
            if not wanted and isinstance(event, Step) and event.step < event.steps:
                break
            try:
                event, known = events.send(None if config is known else config), config
            except StopIteration:
                break
        events.close()
        job.live.see(job.step, model, self._clock(), last=True)

    def _take_in(self, job: Job, model: VisionTransformer, event: Event) -> None:
        """Note what a training tells, keep what is to be seen of it, and hold it if the visitor wants that."""
        now = self._clock()
        job.record(event, now - job.live.held)
        job.live.tempo.took(event)
        job.live.see(event.step, model, now)
        if event.step < job.steps:
            self._hold(job)
            job.live.held += self._clock() - now

    def _hold(self, job: Job) -> None:
        """Wait while the visitor wants the training held; not for ever while others wait for their turn."""
        since, tempo = self._clock(), job.live.tempo
        while tempo.holds and self._wanted(job):
            if self._waiting and job.live.held + self._clock() - since > self._patience:
                tempo.hurry()
            elif not tempo.paused and self._clock() - since >= SLOW:
                break
            if tempo.paused and not job.live.stands:
                job.live.stands = True
                self._lock.notify_all()
            self._lock.wait(HELD)
        job.live.stands = False

    def _sets(self, job: Job) -> tuple[Digits, Digits, Digits]:
        """Return the digits to learn, to hold out and to test on; once they are there they stay in memory."""
        name = job.recipe.training.dataset
        found = self._digits.get(name)
        if found is None:
            rest = (self.folder, self._reporter(job), name)
            found = self._load("train", *rest), self._load("test", *rest)
            self._digits = {**dict(list(self._digits.items())[1 - SETS :]), name: found}
        digits, test_set = found
        return *job.part(digits), test_set

    def _reporter(self, job: Job) -> Progress:
        """Return what a fetch is to call: it tells how far the fetch is, and ends it when nobody wants it any more."""
        pieces: dict[str, int] = {}
        name = job.recipe.training.dataset

        def report(done: int, total: int | None, what: str) -> None:  # noqa: ARG001 (files to come have no total yet)
            pieces[what] = done
            with self._lock:
                job.fetched = min(sum(pieces.values()) / BYTES[name], 1.0)
                job.message = f"Fetching {DATASETS[name].title}, {100 * job.fetched:.0f} %"
                if not self._wanted(job):
                    raise StoppedError

        return report

    def _scores(
        self, job: Job, model: VisionTransformer, val_set: Digits, test_set: Digits
    ) -> tuple[Score | None, Score | None]:
        """Return how well the final weights read the held-out and the test digits."""
        with self._lock:
            job.message, job.learning, job.seconds_left = (
                "Reading the test images to see how well it does.",
                False,
                None,
            )
            closed = self._closed
            val = job.val if job.step * job.recipe.training.epochs == job.done_epochs * job.steps else None
        if closed:
            return val, None
        if val is None and len(val_set):  # stopped within an epoch
            val = evaluate(model, val_set)
        return val, evaluate(model, test_set)
