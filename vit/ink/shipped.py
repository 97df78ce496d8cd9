"""The digits that ship: 300 of MNIST's test digits, and example drawings."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from vit.checkpoint import ASSETS


@cache
def samples() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the MNIST test digits that ship: images (n, 28, 28) uint8, labels (n,) and places in the test set (n,)."""
    with np.load(ASSETS / "samples.npz", allow_pickle=False) as file:
        return file["images"], file["labels"], file["indices"]


@cache
def examples() -> list[dict[str, Any]]:
    """Return the drawings to try, the first of which is on the sheet when the page opens: `label` and `strokes`."""
    return json.loads((ASSETS / "examples.json").read_text(encoding="utf-8"))


def sample_place(index: object) -> int | None:
    """Return the place in `samples` of MNIST test digit `index`, which is not trusted; None if it does not ship."""
    places = np.flatnonzero(samples()[2] == index) if isinstance(index, int) else []
    return int(places[0]) if len(places) else None
