"""Activation patching: copy a part of one run of the model into another run, and see how far the answer moves.

Also called causal tracing or interchange intervention (Meng et al. 2022, section 2; Wang et al. 2023, section 3). The
`source` gives the copied part, the `receiver` gets it. The gap is logit a minus logit b, for the source's class a and
the receiver's class b; a part's share is how much of the way from the receiver's gap to the source's it moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from vit.model import Block, VisionTransformer

RUNS_AT_ONCE = 64  # patched runs in one batch


@dataclass(frozen=True)
class Recording:
    """What one run computed, for one image.

    Attributes:
        logits: (K,).
        heads: (L, h, N, d), the output of each head before `proj`.
        mlps: (L, N, D), the output of each MLP.
        tokens: (L + 1, N, D), embedded, and after each block.
    """

    logits: Tensor
    heads: Tensor
    mlps: Tensor
    tokens: Tensor


@dataclass(frozen=True)
class Copied:
    """The parts that are copied in each of B runs, as bool.

    Attributes:
        heads: (B, L, h).
        mlps: (B, L).
        tokens: (B, L + 1, N), embedded, and after each block.
    """

    heads: Tensor
    mlps: Tensor
    tokens: Tensor


@dataclass(frozen=True)
class Shares:
    """The share of the gap that each part moves: 0 nothing, 1 all of it, negative the other way.

    Attributes:
        classes: a of the source and b of the receiver.
        gaps: logit a minus logit b of the source and of the receiver.
        heads: (L, h).
        mlps: (L,).
        layers: (L,), all heads and the MLP of a layer together.
        tokens: (L + 1, N), one token, embedded and after each block.
    """

    classes: tuple[int, int]
    gaps: tuple[float, float]
    heads: Tensor
    mlps: Tensor
    layers: Tensor
    tokens: Tensor


def nothing(model: VisionTransformer, runs: int = 1) -> Copied:
    """Return the choice that copies nothing in a number of runs."""
    L, h, N = model.config.depth, model.config.num_heads, model.config.num_tokens
    sizes = ((runs, L, h), (runs, L), (runs, L + 1, N))
    return Copied(*(torch.zeros(size, dtype=torch.bool) for size in sizes))


@torch.no_grad()
def record(model: VisionTransformer, image: Tensor) -> Recording:
    """Run the model on an image (C, H, W) in [0, 1] and record its parts."""
    return run(model, model.embed(image[None]), None, nothing(model))[1]


@torch.no_grad()
def patched_logits(model: VisionTransformer, source: Recording, receiver: Recording, copied: Copied) -> Tensor:
    """Return the logits (B, K) of the receiver's image where the chosen parts come from the source."""
    embedded = receiver.tokens[:1].expand(len(copied.mlps), -1, -1)  # (B, N, D)
    return run(model, embedded, source, copied)[0]


def run(
    model: VisionTransformer, embedded: Tensor, source: Recording | None, copied: Copied
) -> tuple[Tensor, Recording]:
    """Run embedded tokens (B, N, D) through the blocks, and exchange the chosen parts for those of the source.

    Returns:
        The logits (B, K), and the recording of the first of the B runs.
    """

    def exchange(own: Tensor, part: str, index: int, chosen: Tensor) -> Tensor:
        if source is None:
            return own
        chosen = chosen.reshape(*chosen.shape, *[1] * (own.ndim - chosen.ndim))
        return torch.where(chosen, getattr(source, part)[index], own)

    tokens = exchange(embedded, "tokens", 0, copied.tokens[:, 0])
    heads, mlps, states = [], [], [tokens]
    for layer, block in enumerate(cast(Iterable[Block], model.blocks)):
        mixed = exchange(head_outputs(block, tokens), "heads", layer, copied.heads[:, layer])  # (B, h, N, d)
        tokens = after_attention(block, tokens, mixed)
        mlp = exchange(
            block.mlp(block.norm2(tokens) if block.pre_norm else tokens), "mlps", layer, copied.mlps[:, layer]
        )
        tokens = tokens + mlp if block.pre_norm else block.norm2(tokens + mlp)
        tokens = exchange(tokens, "tokens", layer + 1, copied.tokens[:, layer + 1])
        for record_of, part in ((heads, mixed), (mlps, mlp), (states, tokens)):
            record_of.append(part[0])
    states[0] = states[0][0]
    logits = model.classify(tokens)
    return logits, Recording(logits[0], torch.stack(heads), torch.stack(mlps), torch.stack(states))


def head_outputs(block: Block, tokens: Tensor) -> Tensor:
    """Return what each head of a block takes from tokens (B, N, D): (B, h, N, d)."""
    return block.attn.mix(block.norm1(tokens) if block.pre_norm else tokens)[0]


def after_attention(block: Block, tokens: Tensor, mixed: Tensor) -> Tensor:
    """Add the heads' outputs (B, h, N, d) to tokens (B, N, D), as the block does."""
    tokens = tokens + block.attn.join_heads(mixed)  # (B, N, D)
    return tokens if block.pre_norm else block.norm1(tokens)


def gap_shares(model: VisionTransformer, source: Tensor, receiver: Tensor) -> Shares:
    """Return the share of the logit gap between two images that each part of the model moves.

    Args:
        source: image (C, H, W) in [0, 1] that gives the parts.
        receiver: image that gets them, one at a time.

    Raises:
        ValueError: both are read as the same class.
    """
    one, other = record(model, source), record(model, receiver)
    a, b = (int(each.logits.argmax()) for each in (one, other))
    if a == b:
        raise ValueError("Both drawings are read as the same class.")
    logits = torch.cat([patched_logits(model, one, other, part) for part in in_batches(every_part(model))])
    gaps = logits[:, a] - logits[:, b]
    to, from_ = (float(each.logits[a] - each.logits[b]) for each in (one, other))
    return pack(model, (gaps - from_) / (to - from_), (a, b), (to, from_))


def every_part(model: VisionTransformer) -> Copied:
    """Return one run for each part: each head, each MLP, each layer, each token, in this order."""
    L, h, N = model.config.depth, model.config.num_heads, model.config.num_tokens
    parts = nothing(model, L * h + 2 * L + (L + 1) * N)
    mlps, layers, tokens = L * h, L * h + L, L * h + 2 * L  # where they begin
    parts.heads[:mlps].flatten(1).fill_diagonal_(True)
    parts.mlps[mlps:layers].fill_diagonal_(True)
    parts.mlps[layers:tokens].fill_diagonal_(True)
    parts.heads[layers:tokens] = torch.eye(L, dtype=torch.bool)[..., None]
    parts.tokens[tokens:].flatten(1).fill_diagonal_(True)
    return parts


def in_batches(copied: Copied) -> list[Copied]:
    """Split the runs into batches of `RUNS_AT_ONCE`."""
    parts = (each.split(RUNS_AT_ONCE) for each in (copied.heads, copied.mlps, copied.tokens))
    return [Copied(*batch) for batch in zip(*parts, strict=True)]


def pack(model: VisionTransformer, shares: Tensor, classes: tuple[int, int], gaps: tuple[float, float]) -> Shares:
    """Sort the shares of `every_part` by kind."""
    L, h, N = model.config.depth, model.config.num_heads, model.config.num_tokens
    heads, mlps, layers, tokens = shares.split([L * h, L, L, (L + 1) * N])
    return Shares(classes, gaps, heads.view(L, h), mlps, layers, tokens.view(L + 1, N))
