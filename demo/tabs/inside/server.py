"""Queries, keys and values of all heads for a drawing, in one answer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from demo import serialize
from demo.requests import Payload, Reader, errors_as_answers
from vit.analysis.qkv import qkv


class Inside:
    """Server function of the tab."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def numbers(self, payload: Payload) -> Payload:
        """Return `qkv` of the drawing (see `packed`), or `error` with one sentence."""
        image, loaded = self.reader.image_and_model(payload)
        trace, _ = loaded.read(image)
        return packed(qkv(loaded.model, trace)[:, 0])


def packed(values: Tensor) -> dict[str, Any]:
    """Pack queries, keys and values (L, 3, h, N, d), each table (N, d) in 65,535 steps between its `low` and `high`.

    That halves the answer, 0.3 MB for a model of 50 tokens, and is exact to a few ten-thousandths; `low` and `high`
    are (L, 3, h).
    """
    low, high = values.amin(dim=(-1, -2)), values.amax(dim=(-1, -2))  # (L, 3, h)
    span = (high - low).clamp_min(torch.finfo(values.dtype).tiny)
    steps = (values - low[..., None, None]) / span[..., None, None]  # in [0, 1]
    return {"qkv": serialize.pack(steps, "u16"), "low": serialize.pack(low, "f32"), "high": serialize.pack(high, "f32")}
