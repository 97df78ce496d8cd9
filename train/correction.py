"""Teach a trained model a few digits that it read wrongly, without its forgetting the others.

Each step learns from two things at once: the corrections, varied anew every time, so that the digit is learned and not
its pixels; and digits that were learned before, of which the model as it was is asked what to answer (rehearsal with
soft answers, after Li and Hoiem 2016, "Learning without Forgetting", section 3, on images that are still at hand).
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

# How another hand would write what was corrected; and that rehearsed digits are learned from the old answers alone.
VARIED = TrainConfig(
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
LOOK = 3  # steps between two looks at what is known by now, each of which reads every drawing in all its variations


@dataclass(frozen=True)
class Lesson:
    """How a model is taught.

    Attributes:
        steps: at most.
        batch_size: images a step.
        share: of a batch that are corrections, and of the loss that is theirs, in (0, 1).
        lr: learning rate. At 1e-3 three steps are enough, but over six times as much is forgotten as at 1e-4.
        sure: the probability that the right digit must have in every corrected drawing for the lesson to end.
        views: variations of each drawing that are looked at as well.
        known: share of these that must be read right, in [0, 1].
        seed: of the variations and of what is rehearsed.

    Raises:
        ValueError: a value is outside its range; the message names it.
    """

    steps: int = 80
    batch_size: int = 64
    share: float = 0.25
    lr: float = 1e-4
    sure: float = 0.9
    views: int = 8
    known: float = 0.8
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "views"):
            check_positive_int(name, getattr(self, name))
        check_range("share", self.share, 0.01, 0.99)
        check_range("lr", self.lr, 0, 1, low_open=True)
        check_range("sure", self.sure, 0, 1)
        check_range("known", self.known, 0, 1)
        if not 0 < self.corrected < self.batch_size:
            raise ValueError(f"batch_size must hold corrections and others, got {self.batch_size} for {self.share}")

    @property
    def corrected(self) -> int:
        """How many images of a batch are corrections."""
        return round(self.batch_size * self.share)


@dataclass(frozen=True, eq=False)
class Taught:
    """What came of a lesson.

    Attributes:
        model: the pupil, in evaluation mode.
        steps: that were taken.
        learned: whether all corrections are read right, as surely as the lesson asks; else the steps were used up.
    """

    model: VisionTransformer
    steps: int
    learned: bool


def teach(
    model: VisionTransformer,
    corrections: Digits,
    replay: Digits,
    lesson: Lesson = Lesson(),
    report: Report | None = None,
) -> Taught:
    """Teach a copy of `model`, on the CPU, to read `corrections`.

    On one thread of one machine the same seed gives the same weights, bit for bit.

    Args:
        model: in evaluation mode; it stays as it is.
        corrections: drawings with the digits that they are.
        replay: digits like those that the model has learned from.
        lesson: how.
        report: called with the steps taken and those there may be at most.

    Raises:
        ValueError: there are no corrections or no digits to rehearse, or a label is none of the model's classes.
    """
    check(model, corrections, replay)
    pupil = copy.deepcopy(model).requires_grad_(True)
    course = Course(pupil, Teachers(VARIED, [model]), corrections, replay, lesson)
    step, learned = 0, course.learned()
    while not learned and step < lesson.steps:
        course.step(step)
        step += 1
        if report:
            report(step, lesson.steps)
        learned = (step % LOOK == 0 or step == lesson.steps) and course.learned()
    return Taught(pupil.eval(), step, learned)


def check(model: VisionTransformer, corrections: Digits, replay: Digits) -> None:
    """Raise a `ValueError` as `teach` does."""
    for name, digits in (("corrections", corrections), ("replay", replay)):
        if not len(digits):
            raise ValueError(f"{name} must hold at least one digit, got none")
    classes, labels = model.config.num_classes, corrections.labels
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be 0 to {classes - 1}, got {labels.min().item()} to {labels.max().item()}")


class Course:
    """What stays from step to step: the pupil and its optimiser, the material, and the variations that it is asked."""

    def __init__(
        self, pupil: VisionTransformer, teachers: Teachers, corrections: Digits, replay: Digits, lesson: Lesson
    ) -> None:
        self.pupil, self.teachers, self.replay, self.lesson = pupil, teachers, replay, lesson
        self.images, self.labels = corrections.images[:, None].float() / 255, corrections.labels  # (n, 1, H, W), (n,)
        self.generator = torch.Generator().manual_seed(lesson.seed)
        self.optimizer = AdamW(pupil.parameters(), lr=lesson.lr, weight_decay=0.0)
        varied = augment(self.images.repeat(lesson.views, 1, 1, 1), VARIED, self.generator)
        self.asked = torch.cat([self.images, varied])  # (n + views * n, 1, H, W)
        self.answers = self.labels.repeat(1 + lesson.views)

    @torch.no_grad()
    def learned(self) -> bool:
        """Tell whether every drawing is read right, surely enough, and enough of their variations."""
        count = len(self.labels)
        probs = self.pupil.eval()(self.asked).softmax(dim=-1)  # ((1 + views) * n, K)
        right = probs.argmax(dim=-1) == self.answers
        sure = probs[:count].gather(1, self.labels[:, None]).min() >= self.lesson.sure
        return bool(sure and right[:count].all() and right[count:].float().mean() >= self.lesson.known)

    def step(self, number: int) -> None:
        """Take step `number`; the corrections take turns, so that each is learned as often as the others."""
        corrected, share = self.lesson.corrected, self.lesson.share
        turn = (torch.arange(corrected) + number * corrected) % len(self.labels)
        again, labels = self.rehearsed(self.lesson.batch_size - corrected)
        varied = augment(self.images[turn], VARIED, self.generator)
        logits = self.read(torch.cat([varied, again]), number)  # (B, K)
        told = F.cross_entropy(logits[:corrected], self.labels[turn])
        kept = self.teachers.loss(logits[corrected:], labels, again) / len(again)
        self.optimizer.zero_grad()
        torch.lerp(kept, told, share).backward()
        self.optimizer.step()

    def read(self, images: Tensor, number: int) -> Tensor:
        """Return the pupil's logits (B, K) for the images (B, 1, H, W) of step `number`."""
        drops = self.pupil.config.dropout > 0  # dropout draws from the global generator, which is the caller's
        with torch.random.fork_rng(devices=[], enabled=drops):
            if drops:
                torch.manual_seed(self.lesson.seed * 100_003 + number)
            return self.pupil.train()(images)

    def rehearsed(self, count: int) -> tuple[Tensor, Tensor]:
        """Draw so many digits to rehearse: images (count, 1, H, W) in [0, 1] and labels (count,)."""
        drawn = self.replay.subset(torch.randint(len(self.replay), (count,), generator=self.generator))
        return drawn.images[:, None].float() / 255, drawn.labels
