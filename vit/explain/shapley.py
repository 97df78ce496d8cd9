"""How much each patch moved the answer: Shapley values (Shapley 1953), the only shares that are fair in his sense.

A patch's value is what it adds to the log-odds of the digit when it joins those that are there already, averaged over
all orders in which the patches can come. The values add up to v(all) - v(none); two patches that do the same get the
same; one that does nothing gets nothing; and the values of a sum of games are the sums of the values.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import torch
from torch import Tensor

from vit.explain.coalitions import MAX_MASKABLE, num_maskable, sizes, table
from vit.explain.explained import checked_target, explanation
from vit.explain.masking import MaskedModel, Progress, log_odds
from vit.model import VisionTransformer
from vit.validation import check_positive_int

PAIRS = 64  # of orders in an estimate


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
    """Return the Shapley values (G, G) of an image's patches for `target`, in logits.

    `v` of a set of patches is the target's log-odds when the model is shown only these. A missing patch is `unseen`
    (it has no token in any layer; all patches are players) or `erased` (its ink is gone; a patch without ink has the
    value 0). Exact for up to 16 players, else estimated from `pairs` of orders: `estimate` gives the error too.

    Args:
        image: (C, H, W) in [0, 1].
        target: a class, such as a digit.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    target = checked_target(model, target)
    masked = MaskedModel(model, image, mask_mode)
    if len(masked.maskable) > MAX_MASKABLE:
        return masked.on_grid(estimate(masked, target, pairs, progress=progress).values.float())
    return masked.on_grid(shapley_values(table(masked, target, progress)).float())


def shapley_values(values: Tensor) -> Tensor:
    """Return the Shapley values (n,) of a masked model of n players whose v is `values` (2**n,).

    phi_i is the sum over the sets S without i of |S|! (n - 1 - |S|)! / n! times v(S + i) - v(S).
    """
    n = num_maskable(values)
    weights = torch.tensor([1 / (n * comb(n - 1, size)) if size < n else 0 for size in range(n + 1)]).to(values)
    weight = weights[sizes(n)]
    shares = []
    for player in range(n):
        without, present = values.view(-1, 2, 2**player).unbind(1)  # (2**(n - 1 - player), 2**player) each
        shares.append((weight.view(-1, 2, 2**player)[:, 0] * (present - without)).sum())
    return torch.stack(shares) if shares else values.new_zeros(0)


def interactions(values: Tensor) -> Tensor:
    """Return how much more two players add together than each alone, (n, n), 0 on the diagonal.

    Shapley's interaction index (Grabisch and Roubens 1999): the mean of v(S + ij) - v(S + i) - v(S + j) + v(S) over the
    sets S without both, every size of S counting alike. Positive: they need each other. Negative: one can stand in
    for the other.
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
    """Shapley values from a sample of orders.

    Attributes:
        values: (n,), in logits. They add up to v(all) - v(none) exactly, as the true ones do.
        error: (n,), the standard error of each.
        curves: (M, n + 1), v along each order from nobody to all.
    """

    values: Tensor
    error: Tensor
    curves: Tensor


def estimate(
    masked: MaskedModel, target: int, pairs: int = PAIRS, seed: int = 0, progress: Progress | None = None
) -> Estimate:
    """Estimate the Shapley values of a masked model from random orders, each used forwards and backwards.

    A pair of opposite orders is one observation: what comes early in one comes late in the other, which takes out
    much of the variance (antithetic sampling; Mitchell et al. 2022, section 3.1).

    Raises:
        ValueError: `pairs` is no positive whole number, or there is no such class.
    """
    check_positive_int("pairs", pairs)
    target = checked_target(masked.model, target)
    n = len(masked.maskable)
    generator = torch.Generator().manual_seed(seed)
    forwards = torch.stack([torch.randperm(n, generator=generator) for _ in range(pairs)])  # (pairs, n)
    orders = torch.cat([forwards, forwards.flip(1)])  # (2 * pairs, n)
    curves = along(masked, orders, target, progress)  # (2 * pairs, n + 1)
    gains = torch.zeros_like(curves[:, 1:]).scatter(1, orders, curves.diff(dim=1))  # (2 * pairs, n), by player
    means = gains.unflatten(0, (2, pairs)).mean(dim=0)  # (pairs, n)
    error = means.std(dim=0) / pairs**0.5 if pairs > 1 else torch.full_like(means[0], torch.inf)
    return Estimate(means.mean(dim=0), error, curves)


def along(masked: MaskedModel, orders: Tensor, target: int, progress: Progress | None = None) -> Tensor:
    """Return v of `target` (M, n + 1) as the players come in each of these orders (M, n), from nobody to all."""
    M, n = orders.shape
    rank = orders.argsort(dim=1)  # (M, n), when each player comes
    present = rank[:, None, :] < torch.arange(n + 1)[:, None]  # (M, n + 1, n)
    logits = masked.logits(present.flatten(0, 1), progress).double()
    return log_odds(logits, target).view(M, n + 1)
