"""Ablate heads, layers or positions of a model, and rearrange the patches of an image.

A part is ablated by zero weights in a copy, so the copy is used like any other model.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor

from vit.model import Block, VisionTransformer


@torch.no_grad()
def without(
    model: VisionTransformer,
    heads: Iterable[tuple[int, int]] = (),
    layers: Iterable[int] = (),
    *,
    positions: bool = True,
) -> VisionTransformer:
    """Return a copy of the model without some heads, layers or position embeddings.

    Args:
        heads: pairs of layer and head, both from 0. Their output is not added to the tokens.
        layers: blocks whose attention and MLP add nothing; with pre-norm, tokens pass unchanged.
        positions: False takes the position embeddings away, so that the model sees an unordered set of patches.

    Raises:
        ValueError: there is no such layer or head.
    """
    changed = copy.deepcopy(model)
    for layer, head in heads:
        attn = block_of(changed, layer).attn
        d = model.config.head_dim
        start = number("head", head, model.config.num_heads) * d
        attn.proj.weight[:, start : start + d] = 0  # the columns that carry this head's part
    for layer in layers:
        block = block_of(changed, layer)
        for last in (block.attn.proj, block.mlp.fc2):
            last.weight.zero_()
            last.bias.zero_()
    if not positions:
        changed.pos_embed.zero_()
    return changed


def block_of(model: VisionTransformer, layer: int) -> Block:
    """Return the block numbered `layer` from 0; raise a `ValueError` if there is none."""
    return cast(Block, model.blocks[number("layer", layer, model.config.depth)])


def rearranged(image: Tensor, order: Sequence[int], erased: Iterable[int] = ()) -> Tensor:
    """Return an image (C, H, W) whose patches lie elsewhere: at place i lies the patch that was at `order[i]`.

    Args:
        order: of the G*G patches, row by row from 0, each once.
        erased: places, after the moves, where nothing is left.

    Raises:
        ValueError: the order is no order of the patches of a square grid that tiles the image, or there is no such
            place.
    """
    C, H, W = image.shape
    G = round(len(order) ** 0.5)
    if sorted(order) != list(range(G * G)) or not G or H % G or W % G:
        raise ValueError(f"order must name each patch of a grid over {H}x{W} pixels once, got {list(order)}")
    patches = image.reshape(C, G, H // G, G, W // G).permute(1, 3, 0, 2, 4).flatten(0, 1)  # (G*G, C, P, P)
    moved = patches[torch.tensor(order)]
    for place in erased:
        moved[number("place", place, G * G)] = 0
    return moved.unflatten(0, (G, G)).permute(2, 0, 3, 1, 4).reshape(C, H, W)


def number(name: str, value: int, count: int) -> int:
    """Return `value` if it numbers one of `count` things from 0; a `ValueError` names it otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise ValueError(f"{name} must be a whole number from 0 to {count - 1}, got {value!r}")
    return value
