"""Input x gradient and integrated gradients at the patch embeddings.

The baseline is the embedding of a blank patch at the same position, so a patch without ink has the value 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import check_differentiable, checked_target, explanation
from vit.explain.masking import log_odds
from vit.model import VisionTransformer
from vit.validation import check_positive_int

STEPS = 32  # points of the integral; `completeness_gap` gives its error


@explanation
def gradient(model: VisionTransformer, image: Tensor, target: int) -> Tensor:
    """Return input x gradient at the patch embeddings (G, G), in nats (Shrikumar et al. 2016).

    First-order estimate of what each patch adds to the target's log-odds, compared with a blank patch.

    Args:
        image: (C, H, W) in [0, 1].
        target: a class, such as a digit.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    return _path_gradients(model, image, target, torch.ones(1))


@explanation
def integrated_gradients(model: VisionTransformer, image: Tensor, target: int, steps: int = STEPS) -> Tensor:
    """Return integrated gradients from a blank image, (G, G), in nats (Sundararajan et al. 2017, equation 1).

    Completeness: the values add up to the target's log-odds on the drawing minus those on a blank image, up to the
    error of an integral from `steps` points.

    Args:
        image: (C, H, W) in [0, 1].
        target: a class, such as a digit.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    check_positive_int("steps", steps)
    return _path_gradients(model, image, target, (torch.arange(steps) + 0.5) / steps)


@explanation
def completeness_gap(model: VisionTransformer, image: Tensor, target: int, attributed: Tensor) -> float:
    """Return the difference of log-odds, drawing minus blank, that the values (G, G) do not explain, in nats."""
    pair = torch.stack([image, torch.zeros_like(image)])
    drawn, blank = log_odds(model(pair), checked_target(model, target))
    return float(drawn - blank - attributed.sum())


@torch.enable_grad()
def _path_gradients(model: VisionTransformer, image: Tensor, target: int, shares: Tensor) -> Tensor:
    """Return the mean gradient at these shares (steps,) of the path, times the path, summed by patch: (G, G)."""
    check_differentiable(model)
    target = checked_target(model, target)
    drawn, blank = model.embed(torch.stack([image, torch.zeros_like(image)])).detach()  # (N, D) each
    path = drawn - blank  # (N, D), 0 for cls
    points = (blank + shares.to(path)[:, None, None] * path).requires_grad_()  # (steps, N, D)
    (slopes,) = torch.autograd.grad(log_odds(model.encode(points), target).sum(), points)
    G = model.config.grid_size
    return (slopes.mean(dim=0) * path).sum(dim=1)[1:].view(G, G)
