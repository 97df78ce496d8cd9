"""For tests of `python -m train`: call it in this process or in one of its own, and compare its checkpoints."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import train.__main__ as command
import vit
from vit import checkpoint

ROOT = Path(__file__).parents[2]
MODEL = ["--patch-size", "14", "--embed-dim", "16", "--depth", "1", "--num-heads", "2", "--mlp-dim", "16"]
# Recipe `fast` (augmentation, linear schedule) plus dropout; 240 training images make 8 steps an epoch.
TINY = [*MODEL, "--dropout", "0.1", "--batch-size", "32", "--val-size", "60", "--threads", "1", "--device", "cpu"]
STEPS = 8


@dataclass(frozen=True)
class Ran:
    """Exit status and output of one call of the command line."""

    status: int
    out: str
    err: str


def run(*argv: object) -> Ran:
    """Call the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = command.main([str(word) for word in argv])
    return Ran(status, out.getvalue(), err.getvalue())


def run_folder(runs: Path) -> Path:
    """Return the only run's folder."""
    (folder,) = runs.iterdir()
    return folder


def same(ours: Path, theirs: Path) -> bool:
    """Return whether two checkpoints agree in every bit of every weight."""
    mine, its = (vit.load(path).state_dict() for path in (ours, theirs))
    return mine.keys() == its.keys() and all(torch.equal(mine[name], its[name]) for name in mine)


def same_with_header(ours: Path, theirs: Path) -> bool:
    """Return whether two checkpoints also agree in their headers.

    Their bytes may differ, since the order of the tensors is free.
    """
    return same(ours, theirs) and checkpoint.read_header(ours) == checkpoint.read_header(theirs)


def scalars(events: EventAccumulator, tag: str) -> dict[int, float]:
    """Return the values of a tag by their steps."""
    values = {event.step: event.value for event in events.Scalars(tag)}
    assert len(values) == len(events.Scalars(tag))  # no step twice
    return values


def assert_one_sentence(ran: Ran, *named: str) -> None:
    """Assert that the call failed with one line that starts with `train: ` and contains all of `named`."""
    assert ran.status == 1
    assert re.fullmatch(r"train: [^\n]+\n", ran.err)
    assert "Traceback" not in ran.err
    assert all(name in ran.err for name in named)


@contextlib.contextmanager
def training(runs: Path, data: Path):
    """Start a process that trains epochs of 300 steps without end; yield it in the middle of its second epoch."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a child process would inherit an ignored signal
    log = runs.parent / "log"
    argv = [sys.executable, "-m", "train", "--data", data, "--runs", runs, *TINY, "--epochs", "100000"]
    argv += ["--batch-size", "1", "--val-size", "0"]
    with log.open("wb") as file:
        process = subprocess.Popen(list(map(str, argv)), cwd=ROOT, stdout=file, stderr=file, env=os.environ)
    signal.signal(signal.SIGINT, before)
    try:
        deadline = time.monotonic() + 120
        while b"epoch 2  loss" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.01)
        yield process, log
    finally:
        process.kill()
        process.wait()
