"""Arrays as JSON that the browser unpacks: shape, type and base64."""

from __future__ import annotations

import base64
import json
from typing import Any, Literal

import numpy as np
from torch import Tensor

Kind = Literal["u8", "u16", "f32"]
STEPS = {"u8": 255, "u16": 65535}  # fixed point: how many steps from 0 to 1
DTYPES = {"u8": "<u1", "u16": "<u2", "f32": "<f4"}


def pack(values: Tensor, kind: Kind) -> dict[str, Any]:
    """Pack an array as shape, type and base64; `u8` and `u16` hold values in [0, 1] as fixed point."""
    array = values.detach().cpu().numpy()
    if kind in STEPS:
        array = np.rint(array * STEPS[kind])
    data = base64.b64encode(array.astype(DTYPES[kind]).tobytes()).decode()
    return {"shape": list(values.shape), "type": kind, "data": data}


def as_json(value: Any) -> bytes:
    """Return a value as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
