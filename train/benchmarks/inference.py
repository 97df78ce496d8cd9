"""Speed of inference with one thread, and seconds until a fresh process has loaded the models.

`python -m train.benchmarks.inference` compares each shipped model with `nn.TransformerEncoder` of the same sizes and
weights. Both read the same images in turns; ours returns its full trace, PyTorch's only logits. The time is processor
time of the whole process, so other programs on the machine do not count.
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

from train.benchmarks.torch_encoder import TorchEncoder, is_fused
from train.cli import carry_out, grid, new_parser, this_machine
from vit import checkpoint
from vit.validation import check_range

BATCHES = (1, 256)
SECONDS, WARM_UP, MIN_ROUNDS = 15.0, 2, 5  # of each comparison; the rounds of the warm-up are not counted
MAX_SECONDS = 3600.0
NUM_STARTS = 5  # fresh processes
TOLERANCE = 1e-4  # largest difference of the logits, as a share of the largest one

TITLES = ("model", "images", "`nn.TransformerEncoder`, ms", "its fast path", "`model.trace`, ms", "trace / encoder")

# A fresh process prints the seconds of `import torch`, of `import vit` and of loading each file.
STARTUP_SCRIPT = """
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
    """Milliseconds of processor time for one batch: median and minimum over the rounds."""

    median: float
    least: float


@dataclass(frozen=True)
class Comparison:
    """Times of PyTorch's encoder and of our trace for batches of one size.

    Attributes:
        encoder: PyTorch's encoder, logits only.
        fused: whether the encoder took its fast path.
        trace: `model.trace(images)`, with all intermediate values.
        ratio: median of trace / median of encoder.
        difference: largest difference of their logits.
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
def compare_speed(name: str, batch: int, seconds: float) -> Comparison:
    """Compare a shipped model, or one of a file, with PyTorch's encoder on batches of one size, in about `seconds`.

    Raises:
        ValueError: the file cannot be loaded, or the logits of the two differ.
    """
    model = checkpoint.load(name)
    encoder, config = TorchEncoder(model), model.config
    images = torch.rand(batch, config.in_chans, config.image_size, config.image_size)
    expected = encoder(images)
    difference = (model.trace(images).logits - expected).abs().max().item()
    if not difference <= TOLERANCE * expected.abs().max().item():
        raise ValueError(f"{name} and nn.TransformerEncoder must give the same logits, got {difference:g} apart")
    rounds = time_alternately([lambda: encoder(images), lambda: model.trace(images)], seconds)
    theirs, ours = (Times(median(times), min(times)) for times in zip(*rounds, strict=True))
    ratio = ours.median / theirs.median
    return Comparison(name, batch, len(rounds), theirs, is_fused(encoder, images), ours, ratio, difference)


def time_alternately(functions: Sequence[Callable[[], object]], seconds: float) -> list[list[float]]:
    """Run the functions in turns for some seconds; return the milliseconds of each function, round by round."""
    rounds: list[list[float]] = []
    end = process_time() + seconds
    while len(rounds) < WARM_UP + MIN_ROUNDS or process_time() < end:
        rounds.append([cpu_milliseconds(function) for function in functions])
    return rounds[WARM_UP:]


def cpu_milliseconds(function: Callable[[], object]) -> float:
    """Milliseconds of processor time of one call, with the release of its result."""
    start = process_time()
    function()
    return 1000 * (process_time() - start)


def startup_seconds(names: Sequence[str]) -> dict[str, float]:
    """Median seconds of the steps of a fresh process until these models are loaded, by step."""
    command = [sys.executable, "-c", STARTUP_SCRIPT, *(str(checkpoint.locate(name).resolve()) for name in names)]
    steps = ["import torch", "import vit", *(f"load {name}" for name in names)]
    reports = [
        json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)  # noqa: S603
        for _ in range(NUM_STARTS)
    ]
    return dict(zip(steps, map(median, zip(*reports, strict=True)), strict=True))


def speed_table(machine: Mapping[str, Any], comparisons: Iterable[Comparison], steps: Mapping[str, float]) -> str:
    """Tables of the measurements in Markdown."""
    head = f"{machine['processor']}, one thread, torch {machine['torch']}; medians of turns, least in brackets."
    with_sum = {**steps, "import vit and load all": sum(list(steps.values())[1:])}
    startup = grid(("step of a fresh process", "seconds"), [(step, f"{time:.3f}") for step, time in with_sum.items()])
    return "\n\n".join([head, grid(TITLES, map(table_row, comparisons)), startup])


def table_row(row: Comparison) -> list[str]:
    """Cells of a comparison, in the order of `TITLES`."""
    encoder, trace = (f"{times.median:.3g} ({times.least:.3g})" for times in (row.encoder, row.trace))
    return [f"`{row.model}`", str(row.batch), encoder, "yes" if row.fused else "no", trace, f"{row.ratio:.2f}"]


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m train.benchmarks.inference", "Measure how fast one thread reads.", "models", "json")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"for each comparison (default: {SECONDS:g})")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Compare all models, and print the tables."""
    check_range("seconds", args.seconds, 0, MAX_SECONDS)
    names = args.models or checkpoint.shipped()
    torch.set_num_threads(1)
    comparisons = [compare_speed(name, batch, args.seconds) for name in names for batch in BATCHES]
    machine, steps = this_machine(), startup_seconds(names)
    print(speed_table(machine, comparisons, steps))
    return {"machine": machine, "readings": [asdict(row) for row in comparisons], "start": steps}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
