"""The groups of training digits that are unlearned for one answer, and what each does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from train.data.dataset import Digits
from train.influence.features import Features, head_inputs, pixels
from train.influence.nearest import nearest, nearest_pixels
from train.influence.tracin import Checkpoint, log_odds, most_influential
from train.influence.unlearning import UnlearnConfig, unlearn
from vit.model import VisionTransformer

GROUP = 20  # digits
EQUAL_LENGTH = UnlearnConfig()


@dataclass(frozen=True)
class Effect:
    """What unlearning a group does.

    Attributes:
        change: of the log-odds of the answer, in nats; below 0 where the answer gets less likely.
        logits: (K,), of the drawing afterwards.
        accuracy: on other digits afterwards, in [0, 1]; None without such digits.
    """

    change: float
    logits: Tensor
    accuracy: float | None = None


def random_places(labels: Tensor, seed: int, label: int | None = None, count: int = GROUP) -> Tensor:
    """Draw `count` places of labels (n,) at random, all of them or those of one label."""
    among = torch.arange(len(labels)) if label is None else (labels == label).nonzero()[:, 0]
    return among[torch.randperm(len(among), generator=torch.Generator().manual_seed(seed))[:count]]


def hardest(features: Features, labels: Tensor, label: int, count: int = GROUP) -> Tensor:
    """Return the places of the `count` digits of one label whose own label is least likely, the worst first."""
    among = (labels == label).nonzero()[:, 0]
    errors = features.errors[among, label]  # probability of the label minus 1
    return among[errors.argsort(stable=True)[:count]]


def choose_groups(
    checkpoint: Checkpoint, digits: Digits, image: Tensor, target: int, *, seed: int = 0, count: int = GROUP
) -> dict[str, Tensor]:
    """Choose groups of digits for the answer `target` to an image (C, H, W).

    Returns:
        Places of at most `count` digits each: `supporters` by TracIn, `nearest` by the input of the head, `pixels` by
        pixels, `hardest` those with the answer's label that the model gives the largest loss, `same_label` at random
        among the digits with that label, and `random` among all.
    """
    row = head_inputs(checkpoint.model, image[None])[0]
    return {
        "supporters": most_influential([checkpoint], digits, image, target, count=count)[0].places,
        "nearest": nearest(checkpoint.features.inputs, row, count)[0],
        "pixels": nearest_pixels(digits.images, image[0], count)[0],
        "hardest": hardest(checkpoint.features, digits.labels, target, count),
        "same_label": random_places(digits.labels, seed, target, count),
        "random": random_places(digits.labels, seed + 1, None, count),
    }


@torch.no_grad()
def effects(
    model: VisionTransformer,
    groups: Mapping[str, Digits],
    image: Tensor,
    target: int,
    *,
    config: UnlearnConfig = EQUAL_LENGTH,
    others: Digits | None = None,
) -> dict[str, Effect]:
    """Unlearn each group alone, always from `model`, and read the image (C, H, W) again; an empty group is left out."""
    before = log_odds(model(image[None])[0], target)
    measured = {}
    for name, digits in groups.items():
        if len(digits):
            changed = unlearn(model, digits, config)
            logits = changed(image[None])[0]
            right = None if others is None else accuracy(changed, others)
            measured[name] = Effect((log_odds(logits, target) - before).item(), logits, right)
    return measured


@torch.no_grad()
def accuracy(model: VisionTransformer, digits: Digits) -> float:
    """Return the share of digits that a model reads right, in [0, 1]."""
    return (model(pixels(digits.images)).argmax(dim=-1) == digits.labels).float().mean().item()
