"""Measurements as people read them: a table in Markdown, and the machine that they were taken on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch


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
