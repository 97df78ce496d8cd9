"""The record of a forward pass, and pure functions of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import Literal

from torch import Tensor


@dataclass(frozen=True)
class Trace:
    """Everything that one forward pass computed.

    Attributes:
        logits: (B, K), unnormalised log-probabilities.
        attention: (L, B, h, N, N), row = query, column = key; token 0 is cls; every row sums to 1.
        tokens: (L, B, N, D), the tokens after each block.
        embedded: (B, N, D), the tokens before the first block, positions added.
        pool: input of the head, the `cls` token or the `mean` of the patch tokens.
    """

    logits: Tensor
    attention: Tensor
    tokens: Tensor
    embedded: Tensor
    pool: Literal["cls", "mean"] = "cls"

    @property
    def probs(self) -> Tensor:
        """Class probabilities (B, K), rows summing to 1."""
        return self.logits.softmax(dim=-1)

    @property
    def cls_attention(self) -> Tensor:
        """Attention of the cls token, (L, B, h, N); entry 0 is its weight for itself."""
        return self.attention[..., 0, :]

    @property
    def answer_attention(self) -> Tensor:
        """Attention of the head's input, (L, B, h, N): that of cls, or the mean over the patches."""
        return pool_tokens(self.attention, self.pool)


def pool_tokens(rows: Tensor, pool: str) -> Tensor:
    """Pool rows (..., N, n), one for each token, to (..., n): the row of cls, or the mean over the patches.

    The mean of no patches is 0.
    """
    if pool == "cls":
        return rows[..., 0, :]
    patches = rows[..., 1:, :]  # (..., N - 1, n)
    return patches.sum(dim=-2) / max(1, patches.shape[-2])


def to_grid(rows: Tensor) -> Tensor:
    """Arrange attention rows (..., N) as the patches in the image, (..., G, G), without the cls column.

    Raises:
        ValueError: N - 1 is not a square number.
    """
    num_patches = rows.shape[-1] - 1
    side = isqrt(max(num_patches, 0))
    if num_patches < 1 or side * side != num_patches:
        raise ValueError(f"rows must have 1 + G*G entries, got {rows.shape[-1]}")
    return rows[..., 1:].reshape(*rows.shape[:-1], side, side)  # (..., G, G)
