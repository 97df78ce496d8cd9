"""Shapley values of the patches (Shapley 1953): exact for up to 16 maskable patches, else estimated.

The value of a patch is what it adds to the log-odds v of the target, averaged over all orders of inserting the patches.
Axioms: efficiency (the sum is v(all) - v(none)), symmetry, null patch and linearity.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import torch
from torch import Tensor

from vit.explain.coalitions import MAX_MASKABLE, log_odds_table, num_maskable, sizes
from vit.explain.explained import checked_target, explanation
from vit.explain.masking import MaskedModel, Progress, log_odds
from vit.model import VisionTransformer
from vit.validation import check_positive_int

PAIRS = 64  # pairs of orders in an estimate


@explanation
def shapley(
    model: VisionTransformer,
    image: Tensor,
    target: int,
    mask_mode: str = "unseen",
    *,
    pairs: int = PAIRS,
    progress: Progress | None = None,
) -> Tensor:
    """Return the Shapley values (G, G) of the patches for `target`, in nats.

    A masked patch is `unseen` (no token in any layer) or `erased` (no ink; a patch without ink has the value 0).
    Exact for up to 16 maskable patches, else estimated from `pairs` of orders; `estimate` also gives the error.

    Args:
        image: (C, H, W) in [0, 1].
        target: a class, such as a digit.
        mask_mode: `unseen` or `erased`.
        pairs: pairs of opposite orders in an estimate.
        progress: called with the coalitions done and their total number.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    target = checked_target(model, target)
    masked = MaskedModel(model, image, mask_mode)
    if len(masked.maskable) > MAX_MASKABLE:
        return masked.on_grid(estimate(masked, target, pairs, progress=progress).values.float())
    return masked.on_grid(shapley_values(log_odds_table(masked, target, progress)).float())


def shapley_values(values: Tensor) -> Tensor:
    """Compute the Shapley values (n,) from v (2**n,) of all subsets.

    phi_i is the sum over the sets S without i of |S|! (n - 1 - |S|)! / n! times v(S + i) - v(S).
    """
    n = num_maskable(values)
    weights = torch.tensor([1 / (n * comb(n - 1, size)) if size < n else 0 for size in range(n + 1)]).to(values)
    weight = weights[sizes(n)]
    shares = []
    for patch in range(n):
        without, present = values.view(-1, 2, 2**patch).unbind(1)  # (2**(n - 1 - patch), 2**patch) each
        shares.append((weight.view(-1, 2, 2**patch)[:, 0] * (present - without)).sum())
    return torch.stack(shares) if shares else values.new_zeros(0)


def interactions(values: Tensor) -> Tensor:
    """Compute the Shapley interaction index of all pairs, (n, n), 0 on the diagonal, from v (2**n,).

    Mean of v(S + ij) - v(S + i) - v(S + j) + v(S) over the sets S without both, with the same weight for every size of
    S (Grabisch and Roubens 1999). Positive: the two need each other. Negative: one can replace the other.
    """
    n = num_maskable(values)
    weights = torch.tensor([1 / ((n - 1) * comb(n - 2, size)) if size < n - 1 else 0 for size in range(n + 1)])
    weight = weights.to(values)[sizes(n)]
    index = values.new_zeros(n, n)
    for i in range(n):
        for j in range(i + 1, n):
            shape = (-1, 2, 2 ** (j - i - 1), 2, 2**i)
            v = values.view(shape)
            more = v[:, 1, :, 1] - v[:, 1, :, 0] - v[:, 0, :, 1] + v[:, 0, :, 0]
            index[i, j] = index[j, i] = (weight.view(shape)[:, 0, :, 0] * more).sum()
    return index


@dataclass(frozen=True)
class Estimate:
    """Shapley values estimated from random orders.

    Attributes:
        values: (n,), in nats. Their sum is exactly v(all) - v(none).
        error: (n,), standard error of each value, in nats.
        curves: (M, n + 1), v along each order, from no patch to all.
    """

    values: Tensor
    error: Tensor
    curves: Tensor


def estimate(
    masked: MaskedModel, target: int, pairs: int = PAIRS, seed: int = 0, progress: Progress | None = None
) -> Estimate:
    """Estimate the Shapley values of a masked model from random orders, each also reversed.

    A pair of opposite orders is one observation, which lowers the variance (antithetic sampling; Mitchell et al. 2022,
    section 3.1).

    Raises:
        ValueError: `pairs` is not a positive whole number, or there is no such class.
    """
    means, curves = pair_means(masked, target, pairs, seed, progress)
    error = means.std(dim=0) / pairs**0.5 if pairs > 1 else torch.full_like(means[0], torch.inf)
    return Estimate(means.mean(dim=0), error, curves)


def pair_means(
    masked: MaskedModel, target: int, pairs: int, seed: int = 0, progress: Progress | None = None
) -> tuple[Tensor, Tensor]:
    """Return one unbiased estimate of the values for each pair of orders, (pairs, n), and the curves of `Estimate`.

    Errors as in `estimate`.
    """
    check_positive_int("pairs", pairs)
    target = checked_target(masked.model, target)
    n = len(masked.maskable)
    generator = torch.Generator().manual_seed(seed)
    forwards = torch.stack([torch.randperm(n, generator=generator) for _ in range(pairs)])  # (pairs, n)
    orders = torch.cat([forwards, forwards.flip(1)])  # (2 * pairs, n)
    curves = log_odds_along(masked, orders, target, progress)  # (2 * pairs, n + 1)
    gains = torch.zeros_like(curves[:, 1:]).scatter(1, orders, curves.diff(dim=1))  # (2 * pairs, n), by patch
    return gains.unflatten(0, (2, pairs)).mean(dim=0), curves


def log_odds_along(masked: MaskedModel, orders: Tensor, target: int, progress: Progress | None = None) -> Tensor:
    """Return the log-odds of `target` (M, n + 1) along orders (M, n) of inserting patches, from none to all."""
    M, n = orders.shape
    rank = orders.argsort(dim=1)  # (M, n), position of each patch in the order
    present = rank[:, None, :] < torch.arange(n + 1)[:, None]  # (M, n + 1, n)
    logits = masked.logits(present.flatten(0, 1), progress).double()
    return log_odds(logits, target).view(M, n + 1)
