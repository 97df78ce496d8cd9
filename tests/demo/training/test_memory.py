"""Test that freed memory goes back to the system."""

import ctypes
import platform
import subprocess
import sys

import pytest

from demo.training.memory import trim

# Free 19 of 20 blocks; the others stay in use between them, so that the C library returns nothing by itself.
PROGRAM = """
from pathlib import Path
from demo.training.memory import trim

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

blocks = [bytes([1]) * 50_000 for _ in range(4_000)]
blocks = blocks[::20]
before = resident()
trim()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no malloc_trim")
def test_free_memory_goes_back_to_the_system():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100_000  # of about 190,000 kB


@pytest.mark.parametrize("error", [OSError, AttributeError, TypeError])
def test_another_c_library_changes_nothing(monkeypatch, error):
    def missing(name: None) -> None:
        raise error("no such library")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    trim()
