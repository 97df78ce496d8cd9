"""TracIn: how much a training step on each digit raises the answer to a drawing (Pruthi et al. 2020, equation 2).

A step of rate `r` of stochastic gradient descent on a training digit z changes the weights by -r grad loss(z). To first
order, this changes the log-odds of the answer by -r grad loss(z) . grad log-odds(drawing). That number, summed over the
checkpoints of a training, is the influence of z. The paper takes the loss of the drawing in place of its log-odds; for
one checkpoint the order of the digits is the same, because the two gradients have the same direction. The log-odds do
not vanish for an answer that is nearly certain (Park et al. 2023, "TRAK", section 3).

The gradients are those of the last block, the last norm and the head. They are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call, jvp

from train.data.dataset import Digits
from train.evaluation.predictions import TOKENS_AT_ONCE
from train.influence.features import Features, errors_of, head_inputs, pixels
from vit.model import VisionTransformer

CANDIDATES = 400  # digits on each side whose exact influence is computed, after all were sorted by the head's alone


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model at one moment of its training.

    Attributes:
        model: in evaluation mode.
        features: of the training digits, as this model reads them.
        rate: learning rate of that moment, which weights its influences.
    """

    model: VisionTransformer
    features: Features
    rate: float = 1.0


@dataclass(frozen=True, eq=False)
class Influential:
    """The digits with the largest influence on one side.

    Attributes:
        places: (count,), indices of the digits, the largest influence first.
        influences: (count,), change of the log-odds of the answer for a learning rate of 1, to first order.
    """

    places: Tensor
    influences: Tensor


def log_odds(logits: Tensor, target: int) -> Tensor:
    """Return the log-odds (...,) of class `target` against all others for logits (..., K), in nats."""
    others = torch.cat([logits[..., :target], logits[..., target + 1 :]], dim=-1)
    return logits[..., target] - others.logsumexp(dim=-1)


def logit_gradient(logits: Tensor, target: int) -> Tensor:
    """Return the gradient (K,) of the log-odds for logits (K,): 1 for `target`, minus each other's share."""
    others = logits.clone()
    others[target] = -torch.inf
    gradient = -others.softmax(dim=-1)
    gradient[target] = 1.0
    return gradient


@torch.no_grad()
def head_influences(checkpoint: Checkpoint, image: Tensor, target: int) -> Tensor:
    """Return the influence (n,) of every digit through the weights of the head alone, in closed form.

    The gradient of the head's weight is the outer product of a vector over classes and the head's input, and the bias
    adds an input that is always 1. So the product of two gradients is a product of two products.

    Args:
        image: the drawing, (C, H, W) in [0, 1].
        target: the class whose log-odds count.
    """
    model, features = checkpoint.model, checkpoint.features
    own = head_inputs(model, image[None])[0]  # (D,)
    classes = features.errors @ logit_gradient(model.head(own), target)  # (n,)
    return -checkpoint.rate * classes * (features.inputs @ own + 1)


def last_weights(model: VisionTransformer) -> dict[str, Tensor]:
    """Return the weights of the last block, the last norm and the head by name, without gradients."""
    prefixes = (f"blocks.{model.config.depth - 1}.", "norm.", "head.")
    return {name: weight.detach() for name, weight in model.named_parameters() if name.startswith(prefixes)}


def answer_gradient(model: VisionTransformer, image: Tensor, target: int) -> dict[str, Tensor]:
    """Return the gradient of the log-odds of `target` for an image (C, H, W), by name of `last_weights`."""
    leaves = {name: weight.clone().requires_grad_() for name, weight in last_weights(model).items()}
    with torch.enable_grad():
        value = log_odds(functional_call(model, leaves, (image[None],))[0], target)
        gradients = torch.autograd.grad(value, list(leaves.values()))
    return dict(zip(leaves, gradients, strict=True))


def exact_influences(checkpoint: Checkpoint, digits: Digits, gradient: dict[str, Tensor]) -> Tensor:
    """Return the influence (n,) of digits on the answer whose `gradient` is given.

    One forward pass in forward mode gives how the logits of a digit change along `gradient`, so that the product of
    the two gradients needs neither of a digit's own gradients nor their memory.
    """
    model, weights = checkpoint.model, last_weights(checkpoint.model)
    parts = []
    size = max(1, TOKENS_AT_ONCE // model.config.num_tokens)
    for images, labels in zip(digits.images.split(size), digits.labels.split(size), strict=True):

        def logits_of(changed: dict[str, Tensor], images: Tensor = images) -> Tensor:
            return functional_call(model, changed, (pixels(images),))  # (B, K)

        with torch.no_grad():
            logits, change, *_ = jvp(logits_of, (weights,), (gradient,))  # (B, K) each
            parts.append(-checkpoint.rate * (errors_of(logits, labels) * change).sum(dim=-1))
    return torch.cat(parts)  # (n,)


def influences(checkpoints: Sequence[Checkpoint], digits: Digits, image: Tensor, target: int) -> Tensor:
    """Return the exact influence (n,) of digits, summed over the checkpoints; arguments as in `head_influences`."""
    rows = [exact_influences(each, digits, answer_gradient(each.model, image, target)) for each in checkpoints]
    return torch.stack(rows).sum(dim=0)


def most_influential(
    checkpoints: Sequence[Checkpoint],
    digits: Digits,
    image: Tensor,
    target: int,
    *,
    count: int = 20,
    candidates: int = CANDIDATES,
) -> tuple[Influential, Influential]:
    """Search for the digits that support an answer most, and for those that oppose it most.

    All digits are sorted by the influence through the head alone; then the first and last `candidates` are computed
    exactly. Digits in between could be missed: `python -m train.influence` measures how many are.

    Args:
        checkpoints: with the features of these digits, at least one.
        image: the drawing, (C, H, W) in [0, 1].
        target: the class of the answer.

    Returns:
        Supporters, whose influence is above 0, and opponents, below 0; `count` of each at most.
    """
    rough = torch.stack([head_influences(each, image, target) for each in checkpoints]).sum(dim=0)  # (n,)
    order = rough.argsort(descending=True, stable=True)
    places = torch.cat([order[:candidates], order[candidates:][-candidates:]])  # each digit once
    values = influences(checkpoints, digits.subset(places), image, target)
    supporters, opponents = (ranked(places, side * values, count) for side in (1, -1))
    return supporters, Influential(opponents.places, -opponents.influences)


def ranked(places: Tensor, values: Tensor, count: int) -> Influential:
    """Return the `count` places (m,) of the largest values (m,) above 0."""
    order = values.argsort(descending=True, stable=True)[:count]
    order = order[values[order] > 0]
    return Influential(places[order], values[order])


def overlaps(searched: Sequence[Influential], exact: Sequence[Influential]) -> Iterator[float]:
    """Yield the share of the digits of each exact list that the searched list has, in [0, 1]."""
    for one, other in zip(searched, exact, strict=True):
        yield torch.isin(other.places, one.places).float().mean().item()
