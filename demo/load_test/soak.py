"""Soak test: does the app's memory stay flat over thousands of readings, explanations, visits and trainings?

`python -m demo.load_test.soak` starts the app, lets visitors come one after the other, and prints the resident memory
after each round. The first rounds fill caches; growth is measured from the end of the first third on.
"""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from demo.load_test.drawings import examples, moved
from demo.load_test.served_app import served
from demo.load_test.visitors import POLL, LostError, Page
from demo.training.state import ENDS
from train.cli import carry_out, grid, new_parser, this_machine
from vit.config import check_whole

COUNTS = {"readings": 10_000, "explanations": 500, "visits": 300, "trainings": 20}
ROUNDS = 10
WAIT = 600.0  # seconds for an answer, and for a training
SMALL = {"Epochs": 1, "Images of each class": 30}  # the settings of a training, by the labels of the page
TITLES = ("round", *COUNTS, "seconds", "memory, MB")


@dataclass(frozen=True)
class Round:
    """What was done until the end of a round, and the app's memory then.

    Attributes:
        readings, explanations, visits, trainings: done since the start.
        seconds: since the start.
        memory: resident, in MB (1e6 bytes).
    """

    readings: int
    explanations: int
    visits: int
    trainings: int
    seconds: float
    memory: float


def memory_of(pid: int) -> float:
    """Return the resident memory of a process in MB (1e6 bytes), as Linux counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LostError(f"process {pid} has no resident memory")


def visit(port: int, number: int, readings: int, explanations: int) -> None:
    """Open the page, draw and ask why; raises a `LostError` for an answer that does not come."""
    page, drawings = Page(port, patience=WAIT), examples()
    for turn in range(max(readings, explanations)):
        drawing = moved(drawings[turn % len(drawings)], 1000 * number + turn)
        if turn < readings:
            check(page.call("read", {"strokes": drawing, "whole": turn % 10 == 9}))
        if turn < explanations:
            check(page.call("erased", {"strokes": drawing}))
    page.http.close()


def check(answer: dict[str, Any]) -> None:
    """Raise a `LostError` for an answer that is an error."""
    if "error" in answer:
        raise LostError(str(answer["error"]))


def train_once(port: int) -> None:
    """Start a small training and poll it to its end; raises a `LostError` if it fails or takes too long."""
    page, until = Page(port, patience=WAIT), monotonic() + WAIT
    job = page.start_training(SMALL)
    while monotonic() < until:
        state = page.call("now", {"job": job, "strokes": examples()[0]}).get("training")
        if state and state["state"] in ENDS:
            page.http.close()
            if state["state"] != "done":
                raise LostError(f"a training ended so: {state['message']}")
            return
        sleep(POLL)
    raise LostError(f"a training took longer than {WAIT:g} seconds")


def share(total: int, part: int, parts: int) -> int:
    """Return how many of `total` fall into one of `parts` equal parts, counted from 0."""
    return total * (part + 1) // parts - total * part // parts


def soak(port: int, pid: int, counts: dict[str, int]) -> Iterator[Round]:
    """Let visitors come and train, and yield the state after each of `ROUNDS` rounds."""
    started, visits = monotonic(), max(counts["visits"], 1)
    for turn in range(ROUNDS):
        for number in range(visits * turn // ROUNDS, visits * (turn + 1) // ROUNDS):
            visit(port, number, *(share(counts[name], number, visits) for name in ("readings", "explanations")))
        for _ in range(share(counts["trainings"], turn, ROUNDS)):
            train_once(port)
        done = {name: total * (turn + 1) // ROUNDS for name, total in counts.items()}
        yield Round(**done, seconds=monotonic() - started, memory=memory_of(pid))


def growth(rounds: Sequence[Round]) -> float:
    """Return by how many MB the memory grew after the first third of the rounds."""
    settled = rounds[len(rounds) // 3 :]
    return settled[-1].memory - settled[0].memory


def row(number: int, each: Round) -> list[str]:
    """Return a round as a row under `TITLES`."""
    return [str(number), *(str(getattr(each, name)) for name in COUNTS), f"{each.seconds:.0f}", f"{each.memory:.0f}"]


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m demo.load_test.soak", "Watch the app's memory under long use.", "json")
    for name, count in COUNTS.items():
        parser.add_argument(f"--{name}", type=int, default=count, metavar="N", help=f"default: {count:,}")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Measure as asked, and print the table."""
    counts = {name: getattr(args, name) for name in COUNTS}
    for name, most in COUNTS.items():
        check_whole(name, counts[name], 0, most)
    with served() as app:
        start, rounds = memory_of(app.pid), []
        for each in soak(app.port, app.pid, counts):
            rounds.append(each)
            print(", ".join(map(" ".join, zip(TITLES, row(len(rounds), each), strict=True))), file=sys.stderr)
    print(grid(TITLES, [row(number, each) for number, each in enumerate(rounds, 1)]))
    print(f"\n{start:.0f} MB at the start; {growth(rounds):+.0f} MB after the first third")
    return {"machine": this_machine(), "start": start, "rounds": list(map(asdict, rounds)), "growth": growth(rounds)}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv, (LostError,))


if __name__ == "__main__":
    for how in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C is ignored by what a script runs in the background
        signal.signal(how, signal.default_int_handler)  # so that the app ends as well
    sys.exit(main())
