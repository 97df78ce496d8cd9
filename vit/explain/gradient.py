"""What a little more of each patch would do, at the drawing itself or on the whole way from a blank sheet to it.

A patch enters as its embedding. It is compared with the embedding of a blank patch at the same place, so a patch
without ink has the value 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vit.explain.explained import check_differentiable, checked_target, explanation
from vit.explain.masking import log_odds
from vit.model import VisionTransformer
from vit.validation import check_positive_int

STEPS = 32  # on the way; completeness_gap tells what they leave


@explanation
def gradient(model: VisionTransformer, image: Tensor, target: int) -> Tensor:
    """Return input x gradient at the patch embeddings (G, G), in logits (Shrikumar et al. 2016).

    What each patch adds to the target's log-odds if the model were a plane that touches it at this drawing, beside
    the embedding of a blank patch in its place.

    Args:
        image: (C, H, W) in [0, 1].
        target: a class, such as a digit.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    return _attributed(model, image, target, torch.ones(1))


@explanation
def integrated_gradients(model: VisionTransformer, image: Tensor, target: int, steps: int = STEPS) -> Tensor:
    """Return the gradients along the way from a blank sheet, summed up (G, G), in logits (Sundararajan et al. 2017).

    The values add up to the target's log-odds on the drawing less those on a blank sheet (completeness), but for an
    error of the sum over `steps` points.

    Args:
        image: (C, H, W) in [0, 1].
        target: a class, such as a digit.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    check_positive_int("steps", steps)
    return _attributed(model, image, target, (torch.arange(steps) + 0.5) / steps)


@explanation
def completeness_gap(model: VisionTransformer, image: Tensor, target: int, attributed: Tensor) -> float:
    """Return what the values (G, G) lack of v(drawing) - v(blank sheet), in logits."""
    pair = torch.stack([image, torch.zeros_like(image)])
    drawn, blank = log_odds(model(pair), checked_target(model, target))
    return float(drawn - blank - attributed.sum())


@torch.enable_grad()
def _attributed(model: VisionTransformer, image: Tensor, target: int, shares: Tensor) -> Tensor:
    """Return the mean gradient at these shares of the way, times the way."""
    check_differentiable(model)
    target = checked_target(model, target)
    drawn, blank = model.embed(torch.stack([image, torch.zeros_like(image)])).detach()  # (N, D) each
    way = drawn - blank  # 0 for cls
    points = (blank + shares.to(way)[:, None, None] * way).requires_grad_()  # (steps, N, D)
    (slopes,) = torch.autograd.grad(log_odds(model.encode(points), target).sum(), points)
    G = model.config.grid_size
    return (slopes.mean(dim=0) * way).sum(dim=1)[1:].view(G, G)
