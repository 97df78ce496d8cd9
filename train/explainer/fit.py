"""Train an explainer on noisy labels with the squared error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import cos, pi

import torch
from torch import Tensor

from vit.explain.amortised import Explainer, all_log_odds, maskable_patches, token_features, with_sum
from vit.model import VisionTransformer

BATCH_SIZE = 64  # images
WARM_UP = 0.05  # share of the steps

Progress = Callable[[int, float, float], object]  # epoch from 1, error on the training and on the validation labels


@dataclass(frozen=True)
class Labelled:
    """Images (n, C, H, W) in [0, 1] or uint8, with noisy labels (n, G*G, K) in nats."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def part(self, rows: slice) -> Labelled:
        """Return some of them."""
        return Labelled(self.images[rows], self.labels[rows])

    def batches(self, generator: torch.Generator | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batches of images in [0, 1] and labels, in random order if there is a generator."""
        order = torch.arange(len(self)) if generator is None else torch.randperm(len(self), generator=generator)
        for rows in order.split(BATCH_SIZE):
            images = self.images[rows]
            yield (images / 255 if images.dtype == torch.uint8 else images), self.labels[rows].float()


def fit(
    explainer: Explainer,
    model: VisionTransformer,
    train_set: Labelled,
    validation_set: Labelled,
    *,
    epochs: int = 6,
    lr: float = 2e-3,
    weight_decay: float = 0.05,
    seed: int = 0,
    progress: Progress | None = None,
) -> None:
    """Train the explainer of a frozen model, in place.

    The learning rate rises over `WARM_UP` of the steps and falls to 0 as a cosine.

    Args:
        progress: called after each epoch with the mean squared errors, in nats squared; both have the labels' noise.
    """
    optimizer = torch.optim.AdamW(explainer.parameters(), lr=lr, weight_decay=weight_decay)
    steps = epochs * len(range(0, len(train_set), BATCH_SIZE))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps))
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(1, epochs + 1):
        errors = []
        for images, labels in train_set.batches(generator):
            loss = squared_error(explainer, model, images, labels)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(explainer.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            errors.append(loss.detach())
        if progress:
            progress(epoch, float(torch.stack(errors).mean()), mean_error(explainer, model, validation_set))


def rate(step: int, steps: int) -> float:
    """Share of the learning rate at a step."""
    return min(1.0, (step + 1) / (WARM_UP * steps)) * (1 + cos(pi * step / steps)) / 2


def squared_error(explainer: Explainer, model: VisionTransformer, images: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error of the values of the maskable patches for images (B, C, H, W) and labels (B, G*G, K)."""
    trace, maskable = model.trace(images), maskable_patches(model, images, explainer.config.mask_mode)
    total = all_log_odds(trace.logits) - explainer.none
    values = with_sum(explainer(token_features(trace)), total, maskable)
    return (values - labels).square().sum() / (maskable.sum().clamp(min=1) * labels.shape[-1])


@torch.no_grad()
def mean_error(explainer: Explainer, model: VisionTransformer, labelled: Labelled) -> float:
    """Mean of `squared_error` over all batches."""
    return float(
        torch.stack([squared_error(explainer, model, images, labels) for images, labels in labelled.batches()]).mean()
    )
