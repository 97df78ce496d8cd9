"""Count multiply-accumulates from the sizes of a model."""

from __future__ import annotations

from vit.config import ViTConfig


def multiplications(config: ViTConfig) -> tuple[int, int]:
    """Return the multiply-accumulates for reading one image: those between tokens, and all others.

    The former, queries with keys and weights with values, grow with the square of the number of tokens; the latter
    grow with the number itself. In the last block only cls asks, if only cls is read.
    """
    N, D, M = config.num_tokens, config.embed_dim, config.mlp_dim
    queries = [N] * (config.depth - 1) + [1 if config.pool == "cls" else N]
    between = sum(2 * Q * N * D for Q in queries)
    each = sum(3 * N * D * D + Q * D * D + 2 * Q * D * M for Q in queries)
    ends = config.num_patches * config.in_chans * config.patch_size**2 * D + D * config.num_classes
    return between, each + ends
