"""Correct a trained model on a few digits that it misreads, without forgetting the others.

Each step learns from two kinds of images. Corrections get a new augmentation in each step, so that the model learns
the digit and not its pixels. Digits from the training set are rehearsed with the predictions of the uncorrected model
as soft labels (Li and Hoiem 2016, "Learning without Forgetting", section 3, on images that are still available).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import AdamW

from train.augment import augment
from train.config import TrainConfig
from train.data.dataset import Digits
from train.distillation import Teachers
from train.evaluation.predictions import Report
from vit.model import VisionTransformer
from vit.validation import check_positive_int, check_range

# The augmentation of the corrections; `distill` of 1 means that rehearsed digits have soft labels alone.
AUGMENTED = TrainConfig(
    rotation=12.0,
    scale=0.12,
    aspect=0.15,
    shear=0.2,
    shift=2.0,
    elastic=1.5,
    thickness=0.5,
    amounts="triangular",
    distill=1.0,
)
CHECK_EVERY = 3  # steps; each check predicts all corrections in all their variations


@dataclass(frozen=True)
class CorrectionConfig:
    """Hyperparameters of a correction.

    Attributes:
        steps: largest number of steps.
        batch_size: images a step.
        share: of the corrections in a batch and in the loss, in (0, 1).
        lr: learning rate. At 1e-3 three steps are enough, but over six times as much is forgotten as at 1e-4.
        min_prob: probability that the right class must reach for every correction, in [0, 1].
        variations: augmented copies of each correction that are checked as well.
        min_accuracy: share of these copies that must be predicted right, in [0, 1].
        seed: of the augmentation and of the choice of rehearsed digits.

    Raises:
        ValueError: a value is outside its range; the message names it.
    """

    steps: int = 80
    batch_size: int = 64
    share: float = 0.25
    lr: float = 1e-4
    min_prob: float = 0.9
    variations: int = 8
    min_accuracy: float = 0.8
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "variations"):
            check_positive_int(name, getattr(self, name))
        check_range("share", self.share, 0.01, 0.99)
        check_range("lr", self.lr, 0, 1, low_open=True)
        check_range("min_prob", self.min_prob, 0, 1)
        check_range("min_accuracy", self.min_accuracy, 0, 1)
        if not 0 < self.corrections_a_step < self.batch_size:
            raise ValueError(f"batch_size must hold corrections and others, got {self.batch_size} for {self.share}")

    @property
    def corrections_a_step(self) -> int:
        """Number of corrections in a batch."""
        return round(self.batch_size * self.share)


@dataclass(frozen=True, eq=False)
class CorrectionResult:
    """Result of a correction.

    Attributes:
        model: the corrected copy, in evaluation mode.
        steps: number of steps taken.
        learned: whether the model meets `min_prob` and `min_accuracy`; otherwise the steps were used up.
    """

    model: VisionTransformer
    steps: int
    learned: bool


def correct(
    model: VisionTransformer,
    corrections: Digits,
    replay: Digits,
    config: CorrectionConfig = CorrectionConfig(),
    report: Report | None = None,
) -> CorrectionResult:
    """Train a copy of `model` on the CPU until it predicts the corrections right.

    On one thread of one machine the same seed gives the same weights, bit for bit.

    Args:
        model: in evaluation mode; it is not changed.
        corrections: drawings with their right labels.
        replay: digits to rehearse, like those of the model's training.
        report: called after each step with the steps taken and the largest number of steps.

    Raises:
        ValueError: `corrections` or `replay` is empty, or a label is none of the model's classes.
    """
    check(model, corrections, replay)
    student = copy.deepcopy(model).requires_grad_(True)
    correction = Correction(student, Teachers(AUGMENTED, [model]), corrections, replay, config)
    step, learned = 0, correction.learned()
    while not learned and step < config.steps:
        correction.step(step)
        step += 1
        if report:
            report(step, config.steps)
        learned = (step % CHECK_EVERY == 0 or step == config.steps) and correction.learned()
    return CorrectionResult(student.eval(), step, learned)


def check(model: VisionTransformer, corrections: Digits, replay: Digits) -> None:
    """Check the arguments of `correct`; errors as there."""
    for name, digits in (("corrections", corrections), ("replay", replay)):
        if not len(digits):
            raise ValueError(f"{name} must hold at least one digit, got none")
    classes, labels = model.config.num_classes, corrections.labels
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be 0 to {classes - 1}, got {labels.min().item()} to {labels.max().item()}")


class Correction:
    """State of a running correction: the student, its optimizer, the images, and the variations to check."""

    def __init__(
        self,
        student: VisionTransformer,
        teachers: Teachers,
        corrections: Digits,
        replay: Digits,
        config: CorrectionConfig,
    ) -> None:
        self.student, self.teachers, self.replay, self.config = student, teachers, replay, config
        self.images, self.labels = corrections.images[:, None].float() / 255, corrections.labels  # (n, 1, H, W), (n,)
        self.generator = torch.Generator().manual_seed(config.seed)
        self.optimizer = AdamW(student.parameters(), lr=config.lr, weight_decay=0.0)
        varied = augment(self.images.repeat(config.variations, 1, 1, 1), AUGMENTED, self.generator)
        self.checked_images = torch.cat([self.images, varied])  # ((1 + variations) * n, 1, H, W)
        self.checked_labels = self.labels.repeat(1 + config.variations)

    @torch.no_grad()
    def learned(self) -> bool:
        """Tell whether all corrections, and enough of their variations, are predicted right."""
        count = len(self.labels)
        probs = self.student.eval()(self.checked_images).softmax(dim=-1)  # ((1 + variations) * n, K)
        right = probs.argmax(dim=-1) == self.checked_labels
        confident = probs[:count].gather(1, self.labels[:, None]).min() >= self.config.min_prob
        enough = right[count:].float().mean() >= self.config.min_accuracy
        return bool(confident and right[:count].all() and enough)

    def step(self, number: int) -> None:
        """Take step `number`, from 0; the corrections take turns, so that each is learned equally often."""
        count = self.config.corrections_a_step
        turn = (torch.arange(count) + number * count) % len(self.labels)
        old_images, old_labels = self.rehearsed(self.config.batch_size - count)
        new_images = augment(self.images[turn], AUGMENTED, self.generator)
        logits = self.forward(torch.cat([new_images, old_images]), number)  # (B, K)
        new_loss = F.cross_entropy(logits[:count], self.labels[turn])
        old_loss = self.teachers.loss(logits[count:], old_labels, old_images) / len(old_images)
        self.optimizer.zero_grad()
        torch.lerp(old_loss, new_loss, self.config.share).backward()
        self.optimizer.step()

    def forward(self, images: Tensor, number: int) -> Tensor:
        """Return the student's logits (B, K) for images (B, 1, H, W) in step `number`."""
        drops = self.student.config.dropout > 0  # dropout uses the global generator, which belongs to the caller
        with torch.random.fork_rng(devices=[], enabled=drops):
            if drops:
                torch.manual_seed(self.config.seed * 100_003 + number)
            return self.student.train()(images)

    def rehearsed(self, count: int) -> tuple[Tensor, Tensor]:
        """Draw digits to rehearse: images (count, 1, H, W) in [0, 1] and labels (count,)."""
        digits = self.replay.subset(torch.randint(len(self.replay), (count,), generator=self.generator))
        return digits.images[:, None].float() / 255, digits.labels
