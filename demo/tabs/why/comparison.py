"""Compare attention with the Shapley values of one drawing, in words and numbers."""

from __future__ import annotations

from math import isfinite
from typing import Any

from torch import Tensor

from vit.explain.faithfulness import Faithfulness
from vit.explain.masking import MaskedModel


def compare_attention(score: Faithfulness, masked: MaskedModel, attention: Tensor, values: Tensor) -> dict[str, Any]:
    """Compare attention (n,) with the Shapley values (n,): name the strongest patch of each, and the scores.

    Returns:
        `text`, and the strongest patches, numbered row by row from 0, or None: `attention` and `value`.
    """
    if not len(values):
        return {"text": "There is no ink that the answer could depend on.", "attention": None, "value": None}
    numbers = agreement(score)
    if not numbers:
        return {"text": "No patch matters more than another here.", "attention": None, "value": None}
    strongest, largest = int(attention.argmax()), int(values.argmax())
    return {
        "text": f"{top_patches(masked, values, strongest, largest)} Over all patches: {', '.join(numbers)}.",
        "attention": int(masked.maskable[strongest]),
        "value": int(masked.maskable[largest]),
    }


def agreement(score: Faithfulness) -> list[str]:
    """Write the rank agreement and the faithfulness score of a map, as far as they are defined."""
    numbers = [f"rank agreement {two_decimals(score.rank)}"] if isfinite(score.rank) else []
    mean = (score.deletion + score.insertion) / 2
    return numbers + ([f"score {two_decimals(mean)} (0: a random order, 1: the best)"] if isfinite(mean) else [])


def top_patches(masked: MaskedModel, values: Tensor, strongest: int, largest: int) -> str:
    """Name the patch with the most attention and the one with the largest value (n,), and their ranks."""
    sentence = f"Attention is strongest at {place(masked, strongest)}"
    if strongest == largest:
        return f"{sentence}; this patch also has the largest value."
    rank = 1 + int((values > values[strongest]).sum())
    by_value = f"number {rank} of {len(values)} by value"
    return f"{sentence}, which is {by_value}; the largest value is at {place(masked, largest)}."


def two_decimals(value: float) -> str:
    """Write a number with two decimals and a real minus sign."""
    return f"{value:.2f}".replace("-", "−")


def place(masked: MaskedModel, index: int) -> str:
    """Return the row and the column of a maskable patch, in words."""
    row, column = divmod(int(masked.maskable[index]), masked.model.config.grid_size)
    return f"row {row + 1}, column {column + 1}"
