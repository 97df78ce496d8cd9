"""Run work of some seconds in the background, one task at a time; the page polls its progress."""

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

STORED = 12  # finished tasks; an older one is run again for who asks
WAITING = 24  # pending tasks at most, so that nobody waits for minutes
IDLE = 6.0  # seconds without a poll, after which a task is dropped

log = logging.getLogger(__name__)


class AbandonedError(Exception):
    """Nobody polls this task any more."""


@dataclass
class Task:
    """Progress and result of some work.

    Attributes:
        asked: when it was last polled, in seconds of the clock.
        done, total: units of work.
        value: the result, None until the task is finished.
        error: one sentence, if the work failed.
    """

    asked: float
    done: int = 0
    total: int = 0
    value: Any = None
    error: str = ""

    @property
    def pending(self) -> bool:
        """Whether the task waits or runs."""
        return self.value is None and not self.error


class Background:
    """Run tasks in one thread and store the latest results.

    Args:
        clock: gives seconds that never go back.
        stored: finished tasks at most.
        waiting: pending tasks at most.
        idle: seconds without a poll, after which a task is dropped.
        failed: begins the sentence about a task that failed; the error's name ends it.
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        *,
        stored: int = STORED,
        waiting: int = WAITING,
        idle: float = IDLE,
        failed: str = "This could not be measured",
    ) -> None:
        self._clock, self._stored, self._waiting, self._idle, self._failed = clock, stored, waiting, idle, failed
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")
        self._tasks: OrderedDict[Hashable, Task] = OrderedDict()
        self._lock = Lock()

    def ask(self, name: Hashable, work: Callable[[Report], Any]) -> Task:
        """Return the task `name`, and start it if there is none.

        Args:
            name: identifies the task.
            work: is called with a report of (done, total), which it calls now and then; it returns anything but None.

        Raises:
            ValueError: too many tasks are pending, or the work failed; the message is for a visitor.
        """
        with self._lock:
            task = self._tasks.get(name)
            if task is None:
                if sum(other.pending for other in self._tasks.values()) >= self._waiting:
                    raise ValueError("Many people are asking just now. Try again in a moment.")
                task = self._tasks[name] = Task(self._clock())
                self._worker.submit(self._do, name, task, work)
            task.asked = self._clock()
            self._tasks.move_to_end(name)
            self._forget()
            if task.error:
                del self._tasks[name]  # the next poll starts it again
                raise ValueError(task.error)
        return task

    def look(self, name: Hashable) -> Task | None:
        """Return the task `name`, None if there is none; this counts as a poll."""
        with self._lock:
            task = self._tasks.get(name)
            if task:
                task.asked = self._clock()
            return task

    def named(self, payload: object, unknown: str) -> Task:
        """Return the task that `task` of a payload names; this counts as a poll.

        Raises:
            ValueError: there is none, as the sentence `unknown` says, or the work failed; the message is for a visitor.
        """
        name = payload.get("task") if isinstance(payload, dict) else None
        task = self.look(name) if isinstance(name, str) else None
        if task is None or task.error:
            raise ValueError(task.error if task else unknown)
        return task

    def close(self) -> None:
        """Accept no more tasks, and wait for the one that runs."""
        self._worker.shutdown(cancel_futures=True)

    def _do(self, name: Hashable, task: Task, work: Callable[[Report], Any]) -> None:
        def report(done: int, total: int) -> None:
            task.done, task.total = done, total
            if self._clock() - task.asked > self._idle:
                raise AbandonedError

        try:
            report(0, 0)
            task.value = work(report)
        except AbandonedError:
            with self._lock:
                self._tasks.pop(name, None)
        except DataError as error:
            task.error = str(error)
        except Exception as error:  # the visitor who polls must hear of it
            log.exception("work in the background failed")
            task.error = f"{self._failed}: {type(error).__name__}."

    def _forget(self) -> None:
        finished = [name for name, task in self._tasks.items() if not task.pending]
        for name in finished[: max(0, len(finished) - self._stored)]:
            del self._tasks[name]
