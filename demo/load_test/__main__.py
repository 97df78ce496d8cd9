"""Load test of the page: latency of a reading with one visitor and with many, without and with a training.

`python -m demo.load_test` starts the app, simulates visitors (`demo.load_test.visitors`), and prints a table. With
`--reads browser` their browsers read, and the server gets what is left (`demo.load_test.browsers`). App and visitors
run on this machine and share its cores. `--visitors 1 --seconds 1` tries it in half a minute.
"""

from __future__ import annotations

import os
import signal
import sys
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

from demo.load_test import browsers
from demo.load_test.drawings import examples
from demo.load_test.served_app import served
from demo.load_test.visitors import (
    POLL,
    VISIT,
    LostError,
    Page,
    Reading,
    TrainingPoll,
    Visit,
    poll_training,
    visit_together,
)
from demo.training.state import ENDS
from train.cli import carry_out, grid, new_parser, this_machine
from vit.config import check_whole
from vit.validation import check_range

VISITORS = {"server": (1, 5, 20, 40), "browser": (40, 200)}  # numbers of visitors, by what reads their drawings
MAX_VISITORS, MAX_NUMBERS = 300, 6
SECONDS, MAX_SECONDS = 8.0, 60.0  # of each measurement
WAIT = 120.0  # seconds for a training to take its first step
LASTING = {"Epochs": 20}  # changes the page's settings for a training, so that it lasts long enough

TITLES = ("visitors", "one trains", "requests", "a second", "median, ms", "95 %, ms", "worst, ms", "lost", "steps/s")


@dataclass(frozen=True)
class Load:
    """The result of one measurement.

    Attributes:
        visitors: number of visitors who drew at once.
        training: whether a training ran meanwhile.
        readings: number of requests, for a reading or for what a view asks.
        lost: number of requests without an answer within 10 seconds.
        a_second: answers per second.
        median, p95, worst: milliseconds from request to answer; None without answers.
        steps_a_second: steps per second of the training; None without one.
        reasons: reason for lost readings -> their number.
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
    """Summarise the readings of `seconds` seconds.

    Args:
        pace: steps per second of the training; None without one.
    """
    reasons = Counter(reading.lost for reading in readings if reading.lost)
    times = sorted(1000 * reading.took for reading in readings if not reading.lost)
    median, p95, worst = (times[ceil(share * len(times)) - 1] if times else None for share in (0.5, 0.95, 1))
    total, answered = len(readings), len(times)
    counts = (visitors, pace is not None, total, total - answered, answered / seconds)
    return Load(*counts, median, p95, worst, pace, dict(reasons))


def measure(
    page: Page, visitors: int, seconds: float, visits: Sequence[Visit], polls: Sequence[TrainingPoll] | None = None
) -> Load:
    """Measure the page while visitors draw for some seconds.

    Args:
        visits: what they do, in turn.
        polls: growing list of polls of a training that runs meanwhile; None without one.

    Raises:
        ValueError: the training ended during the measurement.
    """
    since = monotonic() + max(visit.cycle for visit in visits)
    readings = visit_together(page, examples(), visitors, seconds, visits)
    pace = None if polls is None else steps_a_second([poll for poll in polls if poll.at >= since])
    return summarise(readings, visitors, seconds, pace)


@contextmanager
def training(page: Page) -> Iterator[list[TrainingPoll]]:
    """Start a training and poll it while the block runs; yield the growing list of polls after its first step.

    Raises:
        LostError: the training did not start, or took no step within WAIT seconds.
        ValueError: the page lacks one of the controls in LASTING.
    """
    job = page.start_training(LASTING)
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
    """Return the steps per second of a training between the first and the last poll; 0 with fewer than two polls.

    Raises:
        ValueError: the training has ended; the message says how.
    """
    ended = next((poll.message for poll in polls if poll.state in ENDS), None)
    if ended is not None:
        raise ValueError(f"expected a training that goes on while others read, got one that ended ({ended})")
    if len(polls) < 2:
        return 0.0
    return (polls[-1].step - polls[0].step) / (polls[-1].at - polls[0].at)


def table(machine: Mapping[str, Any], loads: Iterable[Load]) -> str:
    """Table of the measurements in Markdown."""
    head = (
        f"{machine['processor']}, {machine['cores']} cores for app and visitors, torch {machine['torch']}; "
        f"load before the start: {machine['load']:.1f}."
    )
    return "\n\n".join([head, grid(TITLES, map(cells, loads))])


def cells(load: Load) -> list[str]:
    """Cells of a measurement, in the order of `TITLES`."""
    waits = ("none" if wait is None else f"{wait:.0f}" for wait in (load.median, load.p95, load.worst))
    pace = "" if load.steps_a_second is None else f"{load.steps_a_second:.1f}"
    counts = (str(load.visitors), "yes" if load.training else "no", str(load.readings), f"{load.a_second:.1f}")
    return [*counts, *waits, str(load.lost), pace]


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m demo.load_test", "Measure the page under load.", "json")
    default = "; ".join(f"{' '.join(map(str, numbers))} ({reads})" for reads, numbers in VISITORS.items())
    parser.add_argument("--visitors", nargs="+", type=int, metavar="N", help=f"visitors at once (default: {default})")
    parser.add_argument("--reads", choices=VISITORS, default="server", help="what reads drawings (default: server)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of each measurement (default: {SECONDS:g})")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Measure as asked, and print the table."""
    numbers = args.visitors or VISITORS[args.reads]
    visits = [VISIT] if args.reads == "server" else browsers.visits()
    check_range("seconds", args.seconds, 1, MAX_SECONDS)
    check_range("how many numbers of visitors", len(numbers), 1, MAX_NUMBERS)
    for number in numbers:
        check_whole("visitors", number, 1, MAX_VISITORS)
    machine, loads = this_machine() | {"load": os.getloadavg()[0]}, []
    with served() as app:
        page = Page(app.port)
        for number in numbers:
            loads.append(print_load(measure(page, number, args.seconds, visits)))
        with training(page) as polls:
            for number in numbers:
                loads.append(print_load(measure(page, number, args.seconds, visits, polls)))
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
    # Both signals raise KeyboardInterrupt, so that the app ends too. A script's background process ignores Ctrl-C by
    # default.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
