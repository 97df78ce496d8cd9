"""Compare attention with the Shapley values of one drawing."""

from __future__ import annotations

from math import isfinite

from torch import Tensor

from vit.explain.faithfulness import Faithfulness
from vit.explain.masking import MaskedModel


def compare_attention(
    score: Faithfulness, masked: MaskedModel, attention: Tensor, values: Tensor
) -> dict[str, int | float | None]:
    """Compare attention (n,) with the Shapley values (n,): the strongest patch of each, and the scores.

    Returns:
        The number of `patches`; the strongest ones, numbered row by row from 0: `attention` and `value`; the place of
        the former in the order of the values, `by_value`, from 1; the rank agreement, `rank`, and the faithfulness
        `score`. None for what is not defined.
    """
    rank, mean = finite(score.rank), finite((score.deletion + score.insertion) / 2)
    compared: dict[str, int | float | None] = {"patches": len(values), "rank": rank, "score": mean}
    if not len(values) or (rank is None and mean is None):
        return compared | {"attention": None, "value": None, "by_value": None}
    strongest, largest = int(attention.argmax()), int(values.argmax())
    return compared | {
        "attention": int(masked.maskable[strongest]),
        "value": int(masked.maskable[largest]),
        "by_value": 1 + int((values > values[strongest]).sum()),
    }


def finite(value: float) -> float | None:
    """Round a number for JSON; None for nan and infinity."""
    return round(value, 4) if isfinite(value) else None
