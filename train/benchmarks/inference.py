"""How fast one thread reads drawings, on the machine at hand, and how long it takes until it can.

`python -m train.benchmarks.inference` lets each shipped model, and in turn with it `nn.TransformerEncoder` of the same
sizes and weights, read the same images, and prints what each took. Ours gives its full trace, PyTorch's nothing but
logits. Counted is the processor's time of the whole process: on an idle machine that is the time one waits, on a busy
one what others do does not count.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import process_time
from typing import Any

import torch

from train.benchmarks.torch_encoder import Reference, is_fused
from train.cli import carry_out, grid, new_parser, this_machine
from vit import checkpoint
from vit.validation import check_range

BATCHES = (1, 256)
SECONDS, WARM_UP, MIN_ROUNDS = 15.0, 2, 5  # of each comparison; the first rounds are slower and not counted
MAX_SECONDS = 3600.0
STARTS = 5  # fresh processes
TOLERANCE = 1e-4  # of the logits' size; what differs by more is not the same function

TITLES = ("model", "images", "`nn.TransformerEncoder`, ms", "its fast path", "`model.trace`, ms", "trace / encoder")

# What a fresh process does, and reports: the seconds of `import torch`, of `import vit` after it, of loading each file.
START = """
import json, sys, time
clock = [time.perf_counter()]
import torch
clock.append(time.perf_counter())
import vit
clock.append(time.perf_counter())
for path in sys.argv[1:]:
    vit.load(path)
    clock.append(time.perf_counter())
print(json.dumps([end - start for start, end in zip(clock, clock[1:])]))
"""


@dataclass(frozen=True)
class Times:
    """Milliseconds of processor time that one batch took, over the rounds."""

    median: float
    least: float


@dataclass(frozen=True)
class Reading:
    """What batches of one size took.

    Attributes:
        encoder: by PyTorch's encoder, logits alone.
        fused: whether that took its fast path.
        trace: by `model.trace(images)`, everything.
        ratio: median of trace / median of encoder.
        difference: largest between the logits of the two.
    """

    model: str
    batch: int
    rounds: int
    encoder: Times
    fused: bool
    trace: Times
    ratio: float
    difference: float


@torch.inference_mode()
def read(name: str, batch: int, seconds: float) -> Reading:
    """Measure a shipped model, or that of a file, on batches of one size, for about so many seconds.

    Raises:
        ValueError: the file cannot be used, or the encoder's logits are not the model's.
    """
    model = checkpoint.load(name)
    reference, config = Reference(model), model.config
    images = torch.rand(batch, config.in_chans, config.image_size, config.image_size)
    expected = reference(images)
    difference = (model.trace(images).logits - expected).abs().max().item()
    if not difference <= TOLERANCE * expected.abs().max().item():
        raise ValueError(f"{name} and nn.TransformerEncoder must give the same logits, got {difference:g} apart")
    rounds = take_turns([lambda: reference(images), lambda: model.trace(images)], seconds)
    encoder, trace = (Times(median(times), min(times)) for times in zip(*rounds, strict=True))
    fused, ratio = is_fused(reference, images), trace.median / encoder.median
    return Reading(name, batch, len(rounds), encoder, fused, trace, ratio, difference)


def take_turns(readers: Sequence[Callable[[], object]], seconds: float) -> list[list[float]]:
    """Run each in turn, again and again; return of each round the milliseconds of each."""
    rounds: list[list[float]] = []
    end = process_time() + seconds
    while len(rounds) < WARM_UP + MIN_ROUNDS or process_time() < end:
        rounds.append([milliseconds(reader) for reader in readers])
    return rounds[WARM_UP:]


def milliseconds(reader: Callable[[], object]) -> float:
    """Return what running it once takes, its results given back to the system again."""
    began = process_time()
    reader()
    return 1000 * (process_time() - began)


def start(names: Sequence[str]) -> dict[str, float]:
    """Return the steps of a fresh process until it can read with these models, and the median seconds of each."""
    command = [sys.executable, "-c", START, *(str(checkpoint.locate(name).resolve()) for name in names)]
    steps = ["import torch", "import vit", *(f"load {name}" for name in names)]
    reports = [
        json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)  # noqa: S603
        for _ in range(STARTS)
    ]
    return dict(zip(steps, map(median, zip(*reports, strict=True)), strict=True))


def table(machine: Mapping[str, Any], readings: Iterable[Reading], steps: Mapping[str, float]) -> str:
    """Return in Markdown what was measured."""
    head = f"{machine['processor']}, one thread, torch {machine['torch']}; medians of turns, least in brackets."
    waits = {**steps, "import vit and load all": sum(list(steps.values())[1:])}
    seconds = [(step, f"{wait:.3f}") for step, wait in waits.items()]
    began = grid(("a fresh process, step by step", "seconds"), seconds)
    return "\n\n".join([head, grid(TITLES, map(cells, readings)), began])


def cells(row: Reading) -> list[str]:
    """Return a reading as a row under `TITLES`."""
    encoder, trace = (f"{times.median:.3g} ({times.least:.3g})" for times in (row.encoder, row.trace))
    return [f"`{row.model}`", str(row.batch), encoder, "yes" if row.fused else "no", trace, f"{row.ratio:.2f}"]


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m train.benchmarks.inference", "Measure how fast one thread reads.", "models", "json")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"for each comparison (default: {SECONDS:g})")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Measure as asked, and print the table."""
    check_range("seconds", args.seconds, 0, MAX_SECONDS)
    names = args.models or checkpoint.shipped()
    torch.set_num_threads(1)
    readings = [read(name, batch, args.seconds) for name in names for batch in BATCHES]
    machine, steps = this_machine(), start(names)
    print(table(machine, readings, steps))
    return {"machine": machine, "readings": [asdict(row) for row in readings], "start": steps}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
