"""The training loop: `train()`, a generator of events.

The command line, the page's tab and the tests iterate over the same generator. Closing it stops the training at once
and leaves a usable model.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from math import isfinite

import torch
from torch import Tensor, nn

from train.augment import augment, drop_patches
from train.config import AUGMENTATIONS, Recipe, TrainConfig
from train.data.dataset import Digits, batches
from train.distillation import Teachers
from train.distributed import ProcessGroup
from train.events import Done, Epoch, Event, Step
from train.families.network import Classifier, Network
from train.optimizer import (
    Optimizers,
    build_optimizers,
    load_state_tensors,
    lr_at,
    set_lr,
    set_weight_decay,
    state_tensors,
)
from train.patch_whitening import whiten
from train.precision import uses_bfloat16
from train.score import Score, evaluate
from vit.model import VisionTransformer

# What may change while a model trains; all else is part of the model, the optimizers' state or the batches.
CHANGEABLE = ("lr", "weight_decay", "patch_dropout", *AUGMENTATIONS)
# What only a vision transformer can do: the values of all other networks.
PLAIN = {"optimizer": "adam", "whiten": 0.0, "patch_dropout": 0.0}
SEEDS_A_RANK = 1_000_000_007  # dropout seeds for each process: more than a run has steps


class DivergedError(RuntimeError):
    """The loss or a weight is no longer a finite number: the model is lost."""


def fresh_model(recipe: Recipe) -> VisionTransformer:
    """Return the untrained model of `recipe`; the seed alone decides its weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.training.seed)
        return VisionTransformer(recipe.model)


def train(
    model: Classifier,
    train_set: Digits,
    val_set: Digits,
    config: TrainConfig,
    *,
    device: str | torch.device = "cpu",
    done_epochs: int = 0,
    done_seconds: float = 0.0,
    resume: Mapping[str, Tensor] | None = None,
    group: ProcessGroup | None = None,
    teachers: Sequence[Classifier] = (),
) -> Generator[Event, TrainConfig | None, None]:
    """Train `model` in place, yielding `Step`s, an `Epoch` after each pass and a `Done` at the end.

    A config that the caller sends in answer to a `Step` replaces the one before, as `check_change` allows.

    The seed and the epoch's number decide all randomness of an epoch. So a run that resumes from the state of an
    `Epoch` ends where an uninterrupted one would, and on one thread of one machine the same seed gives the same
    weights, bit for bit. Several processes get the same model as one, to rounding; with dropout only in distribution,
    because each process draws its own masks.

    Args:
        done_epochs, done_seconds: of the run to resume.
        resume: `Epoch.state` of the run to resume; empty, the optimizers start afresh.
        group: the processes that train together. All get the same arguments and yield the same events.
        teachers: trained models, for a recipe that distils.

    Raises:
        ValueError: there is nothing to train on, `resume` does not fit, or teachers are missing; raised at once.
        DivergedError: the loss or a weight is not finite; raised between events.
        LostProcessError: another process of the group has died; raised between events.
    """
    check_arguments(model, train_set, config, done_epochs)
    if config.whiten and not done_epochs and isinstance(model, VisionTransformer):
        whiten(model, train_set, config.whiten, config.seed)
    group, teaching = group or ProcessGroup(), Teachers(config, teachers).to(device)
    bfloat16 = uses_bfloat16(config, device)
    optimizers = build_optimizers(model.to(device).eval(), config, torch.bfloat16 if bfloat16 else torch.float32)
    if done_epochs and (resume is None or len(resume)):
        load_state_tensors(optimizers, resume or {})
    steps_an_epoch = config.steps_an_epoch(len(train_set))
    run = Run(
        model=model,
        replica=group.replica(model),
        teachers=teaching,
        group=group,
        optimizers=optimizers,
        config=config,
        device=device,
        bfloat16=bfloat16,
        steps_an_epoch=steps_an_epoch,
        step=done_epochs * steps_an_epoch,
        seconds=done_seconds,
    )
    return run.events(train_set, val_set, done_epochs)


def check_arguments(model: Classifier, train_set: Digits, config: TrainConfig, done_epochs: int) -> None:
    """Raise a `ValueError` where `train` has nothing to train on, too few classes, too few epochs, or no such model."""
    if not len(train_set):
        raise ValueError("train_set must hold at least one image, got none")
    if train_set.labels.max() >= model.config.num_classes:
        problem = f"got {model.config.num_classes} for a label of {train_set.labels.max()}"
        raise ValueError(f"num_classes must be enough for the images to learn, {problem}")
    if done_epochs > config.epochs:
        raise ValueError(f"epochs must be at least the {done_epochs} that are done, got {config.epochs}")
    for name, plain in PLAIN.items() if isinstance(model, Network) else ():
        if getattr(config, name) != plain:
            raise ValueError(f"{name} must be {plain} for the family {model.family}, got {getattr(config, name)}")


def check_change(before: TrainConfig, after: TrainConfig) -> None:
    """Raise a `ValueError` if a setting differs that may not change during training; the message names it."""
    for field in fields(TrainConfig):
        was, asked = getattr(before, field.name), getattr(after, field.name)
        if was != asked and field.name not in CHANGEABLE:
            raise ValueError(
                f"{field.name} must stay {was} while a model trains, got {asked}; start a new run to change it"
            )


def check_finite(model: nn.Module, step: int) -> None:
    """Raise a `DivergedError` if a weight is not finite after step `step`."""
    if not all(weight.isfinite().all() for weight in model.parameters()):
        raise DivergedError(f"the parameters are no longer finite after step {step}: try a lower learning rate")


@dataclass
class Run:
    """State of a training run from step to step."""

    model: Classifier
    replica: nn.Module
    teachers: Teachers
    group: ProcessGroup
    optimizers: Optimizers
    config: TrainConfig
    device: str | torch.device
    bfloat16: bool
    steps_an_epoch: int
    step: int
    seconds: float

    def events(
        self, train_set: Digits, val_set: Digits, done_epochs: int
    ) -> Generator[Event, TrainConfig | None, None]:
        """Train for the remaining epochs; at an `Epoch` and at the end the model is in evaluation mode."""
        val = None
        try:
            for epoch in range(done_epochs + 1, self.config.epochs + 1):
                steps = []
                for step in self.train_epoch(train_set, epoch):
                    steps.append((step.loss, step.accuracy))
                    config = yield step
                    if config:
                        self.change(config)
                self.model.eval()
                loss, accuracy = torch.tensor(steps).mean(dim=0).tolist()
                val = self.validate(val_set)
                state = state_tensors(self.optimizers)
                yield Epoch(epoch, self.config.epochs, self.step, loss, accuracy, val, self.seconds, state)
            yield Done(self.config.epochs, self.step, self.seconds, val or self.validate(val_set))
        finally:
            self.model.eval()

    def change(self, config: TrainConfig) -> None:
        """Continue with other settings; errors as in `check_change`."""
        check_change(self.config, config)
        if config.weight_decay != self.config.weight_decay:
            set_weight_decay(self.optimizers, config.weight_decay)
        self.config = config

    def validate(self, val_set: Digits) -> Score | None:
        """Return the score on the validation images, None without any; errors as in `train`.

        Every process scores all images, so that none waits for another.
        """
        check_finite(self.model, self.step)
        return evaluate(self.model, val_set) if len(val_set) else None

    def train_epoch(self, train_set: Digits, epoch: int) -> Iterator[Step]:
        """Take a step on each batch; the order differs from epoch to epoch."""
        generator = torch.Generator().manual_seed(self.config.seed * 100_003 + epoch)
        self.model.train()
        started = time.perf_counter()
        for images, labels in batches(train_set, self.config.batch_size, generator, self.device):
            if self.config.augments:
                images = augment(images, self.config, generator)  # noqa: PLW2901 (the same images, augmented)
            visible = self.draw_patches(len(images), generator)
            with self.group.detect_loss():
                loss, accuracy, lr, gradient = self.update(images, labels, visible)
            self.seconds += time.perf_counter() - started
            steps = self.config.epochs * self.steps_an_epoch
            yield Step(self.step, steps, epoch, loss, accuracy, lr, gradient, self.seconds)
            started = time.perf_counter()

    def draw_patches(self, count: int, generator: torch.Generator) -> Tensor | None:
        """Draw the visible patches (count, V) of a batch; None where all are visible, as in most batches."""
        if isinstance(self.model, Network) or not self.config.patch_dropout:
            return None
        if torch.rand((), generator=generator) >= self.config.patch_dropout:
            return None
        return drop_patches(count, self.model.config.num_patches, generator).to(self.device)

    def update(self, images: Tensor, labels: Tensor, visible: Tensor | None = None) -> tuple[float, ...]:
        """Take one optimizer step on a batch of which only the `visible` patches are read.

        Returns:
            Loss and accuracy of the whole batch before the step, the learning rate, and the norm of the gradient.
        """
        lr = lr_at(self.step, self.config.epochs * self.steps_an_epoch, self.config)
        set_lr(self.optimizers, lr)
        labels = self.group.shard(labels)
        logits = self.forward(images, visible)[: len(labels)]  # may be empty
        with self.autocast():
            teacher_images = self.group.shard(images) if visible is None else None
            loss = self.teachers.loss(logits, labels, teacher_images) / len(images)  # this process's part of the mean
        hits = (logits.argmax(dim=-1) == labels).sum() / len(images)
        total, accuracy = self.group.sum(loss.item(), hits.item())
        if not isfinite(total):
            raise DivergedError(f"the loss became {total} at step {self.step + 1}: try a lower learning rate")
        gradient = self.descend(loss)
        self.step += 1
        return total, accuracy, lr, gradient

    def descend(self, loss: Tensor) -> float:
        """Take one step down a loss, this process's part of the mean; return the norm of the gradient."""
        self.model.zero_grad(set_to_none=True)
        (loss * self.group.size).backward()  # because the gradient becomes the mean over all processes
        gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        for optimizer in self.optimizers:
            optimizer.step()
        return norm.item()

    def forward(self, images: Tensor, visible: Tensor | None) -> Tensor:
        """Return the logits (B, K) of this process's shard of a batch, in the weights' precision.

        A process with an empty shard reads one image, because it must take part in the gradients. The dropout masks
        differ from process to process.
        """
        images, visible = self.group.shard(images, 1), None if visible is None else self.group.shard(visible, 1)
        drops = self.model.config.dropout > 0  # dropout uses the global generator, which belongs to the caller
        with torch.random.fork_rng(devices=[], enabled=drops):
            if drops:
                torch.manual_seed(self.config.seed * 100_003 + self.step + self.group.rank * SEEDS_A_RANK)
            with self.autocast():
                inputs = (images,) if isinstance(self.model, Network) else (images, visible)
                logits = self.replica(*inputs)
                return logits.to(self.model.head.weight.dtype)

    def autocast(self) -> torch.autocast:
        """Return the context of the forward pass: bfloat16 where the recipe uses it."""
        return torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.bfloat16)
