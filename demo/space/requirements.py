"""requirements.txt of a Space: the pins of the repository, without what the Hub installs by itself or nobody needs."""

from __future__ import annotations

import re
from pathlib import Path

# Gradio is installed after `sdk_version`, and a second pin may clash with it; the others are for training at a desk.
LEFT_OUT = {"gradio", "matplotlib", "tensorboard"}
NAME = re.compile(r"[\w.-]+")


def requirements(kind: str, root: Path) -> str:
    """Return requirements.txt of a Space: for ZeroGPU, requirements-zerogpu.txt goes before requirements.txt.

    Raises:
        OSError: a file is missing.
    """
    pins = read_pins(root / "requirements.txt")
    if kind == "zerogpu":
        instead = read_pins(root / "requirements-zerogpu.txt")
        pins = [*instead, *(pin for pin in pins if name_of(pin) not in map(name_of, instead))]
    return "".join(f"{pin}\n" for pin in pins if name_of(pin) not in LEFT_OUT)


def read_pins(path: Path) -> list[str]:
    """Return the lines of a requirements file without comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def name_of(pin: str) -> str:
    """Return the package that a line of a requirements file names."""
    match = NAME.match(pin)
    return match[0].lower() if match else ""
