"""How a command line ends: well, in one sentence that says what went wrong, or stopped by whoever waits."""

from __future__ import annotations

import os
import platform
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from vit.config import check_whole

MOST_THREADS = 64  # that any machine can start; one with more cores may use them all


def carry_out(name: str, run: Callable[[Namespace], object], args: Namespace, *errors: type[Exception]) -> int:
    """Run a command as its arguments say; what goes wrong is told in one sentence on the error stream.

    Args:
        name: of the command, with which the sentence begins.
        errors: that speak to whoever runs it, besides `ValueError` and `OSError`; all others are our faults.

    Returns:
        The exit status: 0, 1 after an error, 130 after Ctrl-C.
    """
    try:
        run(args)
    except (ValueError, OSError, *errors) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: stopped", file=sys.stderr)
        return 130
    return 0


def use_threads(threads: int | None) -> None:
    """Let PyTorch use so many CPU threads; None leaves its own number.

    Raises:
        ValueError: the number is not positive, or larger than a machine can start.
    """
    if threads is not None:
        check_whole("threads", threads, 1, max(MOST_THREADS, os.cpu_count() or 1))
        torch.set_num_threads(threads)


def grid(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """Return rows of cells as a table in Markdown."""
    rows = [list(row) for row in [head, *body]]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def this_machine() -> dict[str, Any]:
    """Name the processor, how many cores and threads of it are used, and the torch that uses them."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
