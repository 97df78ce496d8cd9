"""Unpack the page's wire format as the browser does."""

import base64
from typing import Any

import numpy as np

from demo.serialize import DTYPES, STEPS


def unpack(packed: dict[str, Any]) -> np.ndarray:
    """Return the float32 array that `pack` packed, to within half a step."""
    raw = np.frombuffer(base64.b64decode(packed["data"]), dtype=DTYPES[packed["type"]])
    return raw.reshape(packed["shape"]).astype(np.float32) / STEPS.get(packed["type"], 1)
