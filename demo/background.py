"""Work that takes seconds, done one piece at a time beside the page, which asks now and then how far it is."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from train.data.dataset import DataError
from train.evaluation.predictions import Report

KEPT = 12  # finished pieces; whoever asks for an older one waits again
WAITING = 24  # at most, so that nobody waits for minutes
IDLE = 6.0  # seconds without a question, after which nobody wants the answer any more

log = logging.getLogger(__name__)


class LeftError(Exception):
    """Nobody asks for this work any more."""


@dataclass
class Task:
    """A piece of work: how much of it is done, and when somebody asked last; `value` once it is all done."""

    asked: float
    done: int = 0
    of: int = 0
    value: Any = None
    error: str = ""

    @property
    def waits(self) -> bool:
        """Whether it is still to be done, or being done."""
        return self.value is None and not self.error


class Background:
    """Does work in one thread and keeps the latest results.

    Args:
        clock: gives seconds that never go back.
        kept: finished pieces of work.
        waiting: pieces that are still to be done, at most.
        idle: seconds without a question, after which work is dropped.
        failed: what is said of work that ends with an error, before the error's name.
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        *,
        kept: int = KEPT,
        waiting: int = WAITING,
        idle: float = IDLE,
        failed: str = "This could not be measured",
    ) -> None:
        self._clock, self._kept, self._waiting, self._idle, self._failed = clock, kept, waiting, idle, failed
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")
        self._tasks: OrderedDict[Hashable, Task] = OrderedDict()
        self._lock = Lock()

    def ask(self, name: Hashable, work: Callable[[Report], Any]) -> Task:
        """Return how far the work called `name` is; the first to ask has it begun.

        Args:
            name: of the work; two of one name are the same.
            work: returns anything but None; it calls the report that it is given now and then.

        Raises:
            ValueError: too much is waiting, or the work failed; the message is for a visitor.
        """
        with self._lock:
            task = self._tasks.get(name)
            if task is None:
                if sum(other.waits for other in self._tasks.values()) >= self._waiting:
                    raise ValueError("Many people are asking just now. Try again in a moment.")
                task = self._tasks[name] = Task(self._clock())
                self._worker.submit(self._do, name, task, work)
            task.asked = self._clock()
            self._tasks.move_to_end(name)
            self._forget()
            if task.error:
                del self._tasks[name]  # the next to ask has it tried again
                raise ValueError(task.error)
        return task

    def look(self, name: Hashable) -> Task | None:
        """Return the work of that name as it stands, None where nobody has asked for it; that somebody looks counts."""
        with self._lock:
            task = self._tasks.get(name)
            if task:
                task.asked = self._clock()
            return task

    def close(self) -> None:
        """Take nothing more, and wait until what is being done is done."""
        self._worker.shutdown(cancel_futures=True)

    def _do(self, name: Hashable, task: Task, work: Callable[[Report], Any]) -> None:
        def report(done: int, of: int) -> None:
            task.done, task.of = done, of
            if self._clock() - task.asked > self._idle:
                raise LeftError

        try:
            report(0, 0)
            task.value = work(report)
        except LeftError:
            with self._lock:
                self._tasks.pop(name, None)
        except DataError as error:
            task.error = str(error)
        except Exception as error:  # whoever waits for it must hear of it
            log.exception("work in the background failed")
            task.error = f"{self._failed}: {type(error).__name__}."

    def _forget(self) -> None:
        finished = [name for name, task in self._tasks.items() if not task.waits]
        for name in finished[: max(0, len(finished) - self._kept)]:
            del self._tasks[name]
