"""Noisy labels for an explainer: an unbiased estimate of each image's Shapley values, from one pair of orders.

The squared error to such labels has the same minimiser as that to the exact values, because the noise has the mean 0
(stochastic amortization, Covert et al. 2024). Many images with one cheap label each are worth more than a few exact
ones.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.amortised import all_log_odds, maskable_patches
from vit.explain.masking import TOKENS_AT_ONCE
from vit.model import VisionTransformer


@torch.inference_mode()
def noisy_values(
    model: VisionTransformer, images: Tensor, mask_mode: str, generator: torch.Generator | None = None
) -> Tensor:
    """Estimate the Shapley values (B, G*G, K) of images (B, C, H, W) for all classes, in nats.

    Each image is read along one random order of its maskable patches and the opposite order (antithetic sampling, as in
    `vit.explain.shapley.estimate`). Patches that are not maskable get 0.
    """
    maskable = maskable_patches(model, images, mask_mode)  # (B, G*G)
    keys = torch.rand(maskable.shape, generator=generator).masked_fill(~maskable, 2.0)
    forward = keys.argsort(dim=1).argsort(dim=1)  # (B, G*G), position of each patch in the order
    count = maskable.sum(dim=1, keepdim=True)  # (B, 1)
    ranks = torch.stack([forward, count - 1 - forward], dim=1)  # (B, 2, G*G)
    ranks = ranks.masked_fill(~maskable[:, None], len(maskable[0]))  # never inserted
    curves = curves_along(model, images, ranks, count, mask_mode)  # (B, 2, G*G + 1, K)
    place = ranks.clamp(max=len(maskable[0]) - 1)[..., None].expand(*ranks.shape, curves.shape[-1])
    gains = curves.gather(2, place + 1) - curves.gather(2, place)  # (B, 2, G*G, K)
    return gains.mean(dim=1) * maskable[..., None]


def curves_along(model: VisionTransformer, images: Tensor, ranks: Tensor, count: Tensor, mask_mode: str) -> Tensor:
    """Return the log-odds (B, M, G*G + 1, K) with the first 0, 1, ... `count` patches of M orders visible.

    Args:
        ranks: (B, M, G*G), position of each patch in each order.
        count: (B, 1), number of maskable patches; behind it, the curves are 0.
    """
    steps = torch.arange(ranks.shape[-1] + 1)
    image, order, step = (steps <= count)[:, None].expand(*ranks.shape[:2], -1).nonzero(as_tuple=True)  # (R,) each
    present = ranks[image, order] < step[:, None]  # (R, G*G)
    logits = read_coalitions(model, images, image, present, mask_mode)
    curves = logits.new_zeros(*ranks.shape[:2], len(steps), logits.shape[-1])
    curves[image, order, step] = all_log_odds(logits)
    return curves


def read_coalitions(model: VisionTransformer, images: Tensor, image: Tensor, present: Tensor, mask_mode: str) -> Tensor:
    """Return the logits (R, K) for coalitions (R, G*G) of patches of the images numbered in `image` (R,).

    Those of several images go through the model together, if they have the same number of tokens.
    """
    embedded, blank = model.embed(images), model.embed(torch.zeros_like(images[:1]))  # (B, N, D), (1, N, D)
    sees = torch.cat([torch.ones_like(present[:, :1]), present], dim=1)  # (R, N), cls first
    num_tokens = sees.sum(dim=1) if mask_mode == "unseen" else torch.full((len(sees),), sees.shape[1])
    logits = embedded.new_empty(len(sees), model.config.num_classes)
    for number in num_tokens.unique().tolist():
        for rows in (num_tokens == number).nonzero()[:, 0].split(max(1, TOKENS_AT_ONCE // number)):
            if mask_mode == "erased":
                tokens = torch.where(sees[rows, :, None], embedded[image[rows]], blank)
            else:
                places = sees[rows].nonzero()[:, 1].view(len(rows), -1)  # (b, number)
                tokens = embedded[image[rows, None], places]
            logits[rows] = model.encode(tokens).to(logits)
    return logits


def quick_arithmetic() -> torch.autocast:
    """Compute in bfloat16 where the processor has it: its rounding is a fiftieth of the noise of a label."""
    known = torch.cpu.get_capabilities()
    return torch.autocast("cpu", torch.bfloat16, enabled=any(known.get(name) for name in ("avx512_bf16", "amx_bf16")))
