"""Measure the page under load: the wait for a reading, for one visitor and for many, and while one of them trains.

`python -m demo.load_test` starts the app, simulates visitors (`demo.load_test.visitors`), and prints a table. Both run
on this machine and share its cores.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import ceil
from threading import Event
from time import monotonic, sleep
from typing import Any

from demo.load_test.visitors import (
    CYCLE,
    POLL,
    Drawing,
    LostError,
    Page,
    Reading,
    TrainingPoll,
    poll_training,
    visit_together,
)
from demo.training.state import ENDS
from train.cli import carry_out, grid, new_parser, this_machine
from vit.checkpoint import ASSETS
from vit.config import check_whole
from vit.validation import check_range

VISITORS, MAX_VISITORS, MAX_NUMBERS = (1, 5, 20, 40), 100, 6
SECONDS, MAX_SECONDS = 8.0, 20.0  # of each measurement
WAIT = 120.0  # seconds for the app to start, and for a training to take its first step
STOP = 10.0  # seconds for the app to end after a signal
APP = (sys.executable, "-m", "demo.app")
LASTING = {"Epochs": 20}  # the recipe `fast` on all images, as the page opens with it, but long enough

TITLES = ("visitors", "one trains", "readings", "a second", "median, ms", "95 %, ms", "worst, ms", "lost", "steps/s")


@dataclass(frozen=True)
class Load:
    """The result of one measurement.

    Attributes:
        visitors: how many drew at once.
        training: whether a training ran meanwhile.
        readings: that were asked for.
        lost: readings that did not come within 10 seconds, or not at all.
        a_second: readings that came, each second.
        median, p95, worst: milliseconds from request to answer of those that came; None if none did.
        steps_a_second: of the training; None without.
        reasons: why readings were lost, and how many each.
    """

    visitors: int
    training: bool
    readings: int
    lost: int
    a_second: float
    median: float | None
    p95: float | None
    worst: float | None
    steps_a_second: float | None
    reasons: dict[str, int]


def summarise(readings: Sequence[Reading], visitors: int, seconds: float, pace: float | None) -> Load:
    """Summarise the readings of some seconds; `pace` is the training's in steps a second, None without one."""
    reasons = Counter(reading.lost for reading in readings if reading.lost)
    times = sorted(1000 * reading.took for reading in readings if not reading.lost)
    median, p95, worst = (times[ceil(share * len(times)) - 1] if times else None for share in (0.5, 0.95, 1))
    total, answered = len(readings), len(times)
    counts = (visitors, pace is not None, total, total - answered, answered / seconds)
    return Load(*counts, median, p95, worst, pace, dict(reasons))


def measure(page: Page, visitors: int, seconds: float, polls: Sequence[TrainingPoll] | None = None) -> Load:
    """Let visitors draw for some seconds; `polls` is the growing list of a training that runs meanwhile.

    Raises:
        ValueError: the training ended before they did.
    """
    since = monotonic() + CYCLE
    readings = visit_together(page, examples(), visitors, seconds)
    pace = None if polls is None else steps_a_second([poll for poll in polls if poll.at >= since])
    return summarise(readings, visitors, seconds, pace)


def examples() -> list[Drawing]:
    """Return the digits that the page shows to try."""
    return [example["strokes"] for example in json.loads((ASSETS / "examples.json").read_text(encoding="utf-8"))]


@contextmanager
def training(page: Page) -> Iterator[list[TrainingPoll]]:
    """Start a training and poll it while the block runs; give the growing list of polls after its first step.

    Raises:
        LostError: it was not started, or took no step in time.
        ValueError: the page has no such control.
    """
    job = next(value["job"] for value in page.press("start", LASTING) if isinstance(value, dict) and "job" in value)
    over, polls, until = Event(), [], monotonic() + WAIT
    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(poll_training, page, job, examples()[0], over, polls)
        try:
            while not polling.done() and not (polls and (polls[-1].step or polls[-1].state in ENDS)):
                if monotonic() > until:
                    raise LostError(f"the training took no step within {WAIT:g} seconds")
                sleep(POLL)
            yield polls
        finally:
            over.set()
    polling.result()


def steps_a_second(polls: Sequence[TrainingPoll]) -> float:
    """Return a training's steps a second between the first poll and the last; 0 with fewer than two.

    Raises:
        ValueError: it ended meanwhile; the message says how.
    """
    ended = next((poll.message for poll in polls if poll.state in ENDS), None)
    if ended is not None:
        raise ValueError(f"expected a training that goes on while others read, got one that ended ({ended})")
    if len(polls) < 2:
        return 0.0
    return (polls[-1].step - polls[0].step) / (polls[-1].at - polls[0].at)


@contextmanager
def served() -> Iterator[int]:
    """Run `python -m demo.app` on a free port of this machine, as long as the block runs; gives the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(APP, env=env, stdout=log, stderr=log) as app,  # noqa: S603
    ):
        try:
            wait_for(port, app)
            yield port
        except LostError:
            log.seek(0)
            print(log.read(), end="", file=sys.stderr)
            raise
        finally:
            end(app)


def wait_for(port: int, app: subprocess.Popen) -> None:
    """Return when the page is served; a `LostError` says that it is not."""
    until = monotonic() + WAIT
    while app.poll() is None and monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.1)
    slow = f"did not serve its page within {WAIT:g} seconds"
    raise LostError(f"the app {slow if app.poll() is None else 'ended by itself'}")


def end(app: subprocess.Popen) -> None:
    """End the app, by force if it does not listen."""
    app.terminate()
    try:
        app.wait(STOP)
    except subprocess.TimeoutExpired:
        app.kill()


def table(machine: Mapping[str, Any], loads: Iterable[Load]) -> str:
    """Return the measurements as Markdown."""
    head = (
        f"{machine['processor']}, {machine['cores']} cores for app and visitors, torch {machine['torch']}; "
        f"load before the start: {machine['load']:.1f}."
    )
    return "\n\n".join([head, grid(TITLES, map(cells, loads))])


def cells(load: Load) -> list[str]:
    """Return a measurement as a row under `TITLES`."""
    waits = ("none" if wait is None else f"{wait:.0f}" for wait in (load.median, load.p95, load.worst))
    pace = "" if load.steps_a_second is None else f"{load.steps_a_second:.1f}"
    counts = (str(load.visitors), "yes" if load.training else "no", str(load.readings), f"{load.a_second:.1f}")
    return [*counts, *waits, str(load.lost), pace]


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m demo.load_test", "Measure the page under load.", "json")
    numbers = " ".join(map(str, VISITORS))
    parser.add_argument("--visitors", nargs="+", type=int, metavar="N", help=f"at once (default: {numbers})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of each measurement (default: {SECONDS:g})")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Measure as asked, and print the table."""
    numbers = args.visitors or VISITORS
    check_range("seconds", args.seconds, 1, MAX_SECONDS)
    check_range("how many numbers of visitors", len(numbers), 1, MAX_NUMBERS)
    for number in numbers:
        check_whole("visitors", number, 1, MAX_VISITORS)
    machine, loads = this_machine() | {"load": os.getloadavg()[0]}, []
    with served() as port:
        page = Page(port)
        for number in numbers:
            loads.append(print_load(measure(page, number, args.seconds)))
        with training(page) as polls:
            for number in numbers:
                loads.append(print_load(measure(page, number, args.seconds, polls)))
    print(table(machine, loads))
    return {"machine": machine, "loads": [asdict(load) for load in loads]}


def print_load(load: Load) -> Load:
    """Print a measurement and the reasons for lost readings on the error stream; return it."""
    names = (title.replace(", ms", "") for title in TITLES)
    print(", ".join(f"{name} {cell}" for name, cell in zip(names, cells(load), strict=True) if cell), file=sys.stderr)
    for reason, number in load.reasons.items():
        print(f"  lost {number}: {reason}", file=sys.stderr)
    return load


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv, (LostError,))


if __name__ == "__main__":
    for how in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C is ignored by what a script runs in the background
        signal.signal(how, signal.default_int_handler)  # so that the app ends as well
    sys.exit(main())
