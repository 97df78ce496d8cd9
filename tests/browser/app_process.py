"""The process of the served app, as Linux counts its memory and its time."""

import os
import time
from pathlib import Path

IDLE = 20  # seconds without a request


def process_at(address: str) -> Path | None:
    """Return the folder in /proc of the process that listens on the address's port, or None outside Linux."""
    if not Path("/proc/net/tcp").exists():
        return None
    port = f"{int(address.rsplit(':', 1)[1].rstrip('/')):04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    inode = next(parts[9] for parts in map(str.split, lines) if parts[1].endswith(f":{port}") and parts[3] == "0A")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if f"socket:[{inode}]" == str(link.readlink()):
                return link.parent.parent
        except OSError:
            continue
    return None


def memory(process: Path | None) -> float:
    """Return the resident memory of a process in MiB; NaN if it is not known."""
    return int((process / "status").read_text().split("VmRSS:")[1].split()[0]) / 1024 if process else float("nan")


def idle_percent(process: Path | None) -> float:
    """Return the share of a core, in per cent, that a process uses without any request; NaN if not known."""

    def ticks() -> int:
        fields = (process / "stat").read_text().rpartition(")")[2].split() if process else []
        return sum(map(int, fields[11:13]))  # in user mode and in the system

    before = ticks()
    time.sleep(IDLE)
    return 100 * (ticks() - before) / (IDLE * os.sysconf("SC_CLK_TCK")) if process else float("nan")
