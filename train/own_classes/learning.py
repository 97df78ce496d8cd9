"""Teach a copy of a trained model new classes from a few drawings.

The copy gets a new head. The head learns first, from features of the frozen model, and then a few steps change all
weights a little. A random head would distort good features at once, one that has learned does so less (Kumar et al.
2022, "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", section 4).

With some ten drawings of a class, none can be spared for a test. So each drawing is read by a copy that has not learned
from it (cross-validation: Hastie, Tibshirani and Friedman 2009, "The Elements of Statistical Learning", section 7.10),
and the model that is returned has learned from all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import LBFGS, AdamW

from train.augment import augment
from train.correction import AUGMENTED
from train.data.dataset import Digits
from train.evaluation.fit_temperature import temperature
from train.evaluation.predictions import Report, predict_logits
from train.score import confusion_matrix
from vit.config import check_whole
from vit.model import VisionTransformer
from vit.validation import check_positive_int, check_range

HEAD_ITERATIONS = 200  # of L-BFGS, at most
WARMUP = 5  # steps in which the learning rate climbs to its peak
FEATURES_AT_ONCE = 250  # images


@dataclass(frozen=True)
class OwnClassesConfig:
    """Hyperparameters of learning new classes.

    Attributes:
        folds: parts of the drawings; each is left out once. There is one copy of the model more than parts.
        images: augmented images, about, from which the head learns; each drawing has at least one.
        penalty: L2 penalty on the head's weights.
        steps: steps that change all weights, 0 for a new head alone.
        batch_size: images a step.
        lr: peak learning rate of these steps.
        seed: of the parts, the augmentation and the order.

    Raises:
        ValueError: a value is outside its range; the message names it.
    """

    folds: int = 5
    images: int = 1000
    penalty: float = 1e-3
    steps: int = 40
    batch_size: int = 32
    lr: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("images", "batch_size"):
            check_positive_int(name, getattr(self, name))
        check_whole("folds", self.folds, 2)
        for name in ("steps", "seed"):
            check_whole(name, getattr(self, name))
        check_range("penalty", self.penalty, 0, low_open=True)
        check_range("lr", self.lr, 0, 1, low_open=True)


@dataclass(frozen=True, eq=False)
class OwnClassesResult:
    """A model of new classes.

    Attributes:
        model: has learned from all drawings; in evaluation mode.
        labels: of the drawings (n,).
        logits: of each drawing (n, K), by a copy that had not learned from it.
        temperature: divides the logits, at least 1: a few drawings cannot show that a model may be more confident.
    """

    model: VisionTransformer
    labels: Tensor
    logits: Tensor
    temperature: float

    @property
    def confusion(self) -> Tensor:
        """How the drawings were read when they were left out (K, K): row = label, column = prediction."""
        return confusion_matrix(self.labels, self.logits.argmax(dim=-1), self.logits.shape[1])

    @property
    def right(self) -> int:
        """How many drawings were read right when they were left out."""
        return int(self.confusion.diagonal().sum())


def learn(
    model: VisionTransformer,
    drawings: Digits,
    names: Sequence[str],
    config: OwnClassesConfig = OwnClassesConfig(),
    report: Report | None = None,
) -> OwnClassesResult:
    """Teach copies of `model` new classes on the CPU; on one thread the same seed gives the same weights.

    Args:
        model: in evaluation mode; it is not changed.
        drawings: with labels from 0 to K - 1.
        names: of the K classes.
        report: called after each step with the steps done and the steps in all.

    Raises:
        ValueError: there are fewer than two names, or a class has fewer drawings than there are parts.
    """
    check(drawings.labels, names, config)
    learning = Learning(model, drawings, names, config)
    parts = split_in_parts(drawings.labels, config.folds, config.seed)  # (n,)
    logits = torch.zeros(len(drawings), len(names))  # (n, K)
    for part in range(config.folds):
        left_out = parts == part
        student = learning.fit(~left_out, progress(report, part, config))
        logits[left_out] = predict_logits(student, drawings.images[left_out])
    student = learning.fit(parts >= 0, progress(report, config.folds, config))
    return OwnClassesResult(student, drawings.labels, logits, max(1.0, temperature(logits, drawings.labels)))


def check(labels: Tensor, names: Sequence[str], config: OwnClassesConfig) -> None:
    """Check the arguments of `learn`; errors as there."""
    if len(names) < 2:
        raise ValueError(f"names must be of at least two classes, got {len(names)}")
    if len(labels) and (labels.min() < 0 or labels.max() >= len(names)):
        raise ValueError(f"labels must be 0 to {len(names) - 1}, got {labels.min().item()} to {labels.max().item()}")
    for name, count in zip(names, torch.bincount(labels, minlength=len(names)).tolist(), strict=True):
        if count < config.folds:
            raise ValueError(f"each class must have at least {config.folds} drawings, got {count} of {name!r}")


def progress(report: Report | None, copies: int, config: OwnClassesConfig) -> Callable[[int], object]:
    """Return what reports the steps of one copy, after `copies` others."""
    total = (config.folds + 1) * max(config.steps, 1)
    return lambda step: report and report(copies * max(config.steps, 1) + step, total)


def split_in_parts(labels: Tensor, folds: int, seed: int) -> Tensor:
    """Split drawings at random into parts in which each class has the same share: numbers (n,) from 0 to folds - 1."""
    generator, parts = torch.Generator().manual_seed(seed), torch.zeros_like(labels)
    for label in labels.unique():
        places = (labels == label).nonzero()[:, 0]
        parts[places[torch.randperm(len(places), generator=generator)]] = torch.arange(len(places)) % folds
    return parts


class Learning:
    """The start of all copies: the drawings, and their features with those of their augmented images."""

    def __init__(
        self, model: VisionTransformer, drawings: Digits, names: Sequence[str], config: OwnClassesConfig
    ) -> None:
        self.model, self.names, self.config = model, names, config
        self.images, self.labels = drawings.images[:, None].float() / 255, drawings.labels  # (n, 1, H, W), (n,)
        generator, copies = torch.Generator().manual_seed(config.seed), max(1, config.images // len(drawings))
        varied = augment(self.images.repeat(copies, 1, 1, 1), AUGMENTED, generator)  # (copies * n, 1, H, W)
        rows = features(model, torch.cat([self.images, varied]))
        self.features = rows.unflatten(0, (1 + copies, len(drawings)))  # (1 + copies, n, D)

    def fit(self, chosen: Tensor, report: Callable[[int], object]) -> VisionTransformer:
        """Return a copy that has learned from the drawings of a mask (n,), in evaluation mode."""
        rows, labels = self.features[:, chosen], self.labels[chosen]  # (1 + copies, m, D), (m,)
        weight, bias = fit_head(rows.flatten(0, 1), labels.repeat(len(rows)), len(self.names), self.config.penalty)
        student = with_head(self.model, weight, bias, self.names)
        fine_tune(student, self.images[chosen], labels, self.config, report)
        return student.eval().requires_grad_(False)


@torch.no_grad()
def features(model: VisionTransformer, images: Tensor) -> Tensor:
    """Return the input of the head (n, D) for images (n, 1, H, W) in [0, 1]."""
    return torch.cat([model.pooled(model.trace(part).tokens[-1]) for part in images.split(FEATURES_AT_ONCE)])


def fit_head(rows: Tensor, labels: Tensor, num_classes: int, penalty: float) -> tuple[Tensor, Tensor]:
    """Fit multinomial logistic regression with an L2 penalty to features (n, D): weight (K, D) and bias (K,).

    Each class counts alike, however many drawings it has. The loss is convex, so the result does not depend on a start.
    """
    shares = 1 / torch.bincount(labels, minlength=num_classes).float()  # (K,)
    weight = torch.zeros(num_classes, rows.shape[1], requires_grad=True)
    bias = torch.zeros(num_classes, requires_grad=True)
    optimizer = LBFGS([weight, bias], max_iter=HEAD_ITERATIONS, tolerance_grad=1e-6, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(rows @ weight.T + bias, labels, weight=shares) + penalty / 2 * weight.square().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        optimizer.step(closure)  # type: ignore[arg-type]  # its stub wants a float, its documentation a tensor
    return weight.detach(), bias.detach()


def with_head(model: VisionTransformer, weight: Tensor, bias: Tensor, names: Sequence[str]) -> VisionTransformer:
    """Return a copy of a model with another head, weight (K, D) and bias (K,), and other names of its classes."""
    with torch.random.fork_rng(devices=[]):  # the initial weights, which are replaced, belong to the caller's generator
        student = VisionTransformer(replace(model.config, num_classes=len(names), names=tuple(names)))
    student.load_state_dict(model.state_dict() | {"head.weight": weight, "head.bias": bias})
    return student


def fine_tune(
    student: VisionTransformer,
    images: Tensor,
    labels: Tensor,
    config: OwnClassesConfig,
    report: Callable[[int], object],
) -> None:
    """Change all weights of a model by `config.steps` steps on augmented images (n, 1, H, W) with labels (n,)."""
    generator = torch.Generator().manual_seed(config.seed)
    optimizer = AdamW(student.parameters(), lr=config.lr, weight_decay=0.0)
    shares = (1 / torch.bincount(labels).float())[labels]  # (n,), so that each class is drawn equally often
    for step in range(config.steps):
        for group in optimizer.param_groups:
            group["lr"] = config.lr * min(1, (step + 1) / WARMUP) * (1 - step / config.steps)
        chosen = torch.multinomial(shares, config.batch_size, replacement=True, generator=generator)
        logits = forward(student, augment(images[chosen], AUGMENTED, generator), config.seed + step)  # (B, K)
        optimizer.zero_grad()
        F.cross_entropy(logits, labels[chosen]).backward()
        optimizer.step()
        report(step + 1)


def forward(student: VisionTransformer, images: Tensor, seed: int) -> Tensor:
    """Return logits (B, K) in training mode; dropout, if there is any, follows a seed of its own."""
    drops = student.config.dropout > 0
    with torch.random.fork_rng(devices=[], enabled=drops):
        if drops:
            torch.manual_seed(seed)
        return student.train()(images)
