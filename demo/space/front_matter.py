"""README.md of a Space: its front matter, which is that of the repository with what differs, and a few words."""

from __future__ import annotations

from collections.abc import Mapping

FENCE = "---\n"
# What differs from the front matter of the repository; None takes a key out.
# The Hub calls ZeroGPU `zero-a10g` still, whatever GPUs it has.
KINDS: Mapping[str, Mapping[str, str | None]] = {
    "zerogpu": {"python_version": '"3.12.12"', "suggested_hardware": "zero-a10g"},
    "cpu": {"suggested_hardware": "cpu-basic"},
    "static": {
        "sdk": "static",
        "sdk_version": None,
        "python_version": None,
        "app_file": "index.html",
        "short_description": "Draw a digit; see a vision transformer read it",
    },
}
WORDS = {
    "zerogpu": "The processor reads drawings. A training runs on a GPU, within the visitor's daily quota.",
    "cpu": "The processor reads drawings and trains.",
    "static": "The browser reads drawings; nothing that you draw leaves it. This page trains no models.",
}


def readme(kind: str, repository: str) -> str:
    """Return README.md of a Space of one of KINDS.

    Args:
        repository: README.md of the repository.

    Raises:
        ValueError: it has no front matter.
    """
    settings = {**front_matter(repository), **KINDS[kind]}
    lines = [f"{name}: {value}\n" for name, value in settings.items() if value is not None]
    about = f"A vision transformer that you can touch: draw a digit, and a small model reads it.\n{WORDS[kind]}\n"
    return "".join([FENCE, *lines, FENCE, "\n# Inkling\n\n", about])


def front_matter(text: str) -> dict[str, str]:
    """Return the settings at the top of a README.md as they are written, quotes included; errors as in `readme`."""
    before, _, rest = text.partition(FENCE)
    block, fence, _ = rest.partition(FENCE)
    if before or not fence:
        raise ValueError("README.md must begin with a front matter between two lines of ---")
    pairs = (line.partition(": ") for line in block.splitlines())
    return {name: value for name, _, value in pairs}
