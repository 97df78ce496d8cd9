"""The training loop: `train()`, a generator of events. Nothing else trains; everyone else consumes.

The command line, the page's tab and the tests all iterate over the same generator; closing it stops the training
where it is and leaves a usable model.
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

# What may change while a model trains; all else is built into the model, the optimisers' state or the batches.
CHANGEABLE = ("lr", "weight_decay", "patch_dropout", *AUGMENTATIONS)
RANKS_APART = 1_000_000_007  # between the seeds of two processes' dropout: more than a run has steps


class DivergedError(RuntimeError):
    """The loss or a weight is no longer a finite number: the model is lost."""


def fresh_model(recipe: Recipe) -> VisionTransformer:
    """Return the untrained model of `recipe`; the seed alone decides its weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.training.seed)
        return VisionTransformer(recipe.model)


def check_finite(model: VisionTransformer, step: int) -> None:
    """Raise a `DivergedError` when a weight is no finite number after step `step`."""
    if not all(weight.isfinite().all() for weight in model.parameters()):
        raise DivergedError(f"the parameters are no longer finite after step {step}: try a lower learning rate")


def check_change(before: TrainConfig, after: TrainConfig) -> None:
    """Raise a `ValueError` that names a setting which differs and is not of those that may change in mid-run."""
    for field in fields(TrainConfig):
        was, asked = getattr(before, field.name), getattr(after, field.name)
        if was != asked and field.name not in CHANGEABLE:
            raise ValueError(f"{field.name} must stay {was} while a model trains, got {asked}; start anew to change it")


def train(
    model: VisionTransformer,
    train_set: Digits,
    val_set: Digits,
    config: TrainConfig,
    *,
    device: str | torch.device = "cpu",
    done_epochs: int = 0,
    done_seconds: float = 0.0,
    resume: Mapping[str, Tensor] | None = None,
    group: ProcessGroup | None = None,
    teachers: Sequence[VisionTransformer] = (),
) -> Generator[Event, TrainConfig | None, None]:
    """Train `model` in place on `device`, yielding `Step`s, an `Epoch` after each pass and a `Done` at the end.

    Everything random in an epoch follows from the seed and the epoch's number, so a run that goes on after
    `done_epochs` and `done_seconds` from the state of that `Epoch` ends where an uninterrupted one would; with
    an empty state the optimisers begin anew. On one
    thread of one machine the same seed gives the same weights, bit for bit. The processes of a `group` are given the
    same arguments and yield the same events; their model is that of one process to rounding, or, with dropout, whose
    masks each process draws for its own share, in distribution. `teachers` are asked where the recipe says so.

    A config that is sent in answer to a `Step` takes the place of the one before, as `check_change` allows.

    Raises:
        ValueError: there is nothing to train on, `resume` does not fit, or teachers are missing; raised at once.
        DivergedError: the loss or a weight is not finite; raised between events.
        LostProcessError: another process of the group has died; raised between events.
    """
    if not len(train_set):
        raise ValueError("train_set must hold at least one image, got none")
    if train_set.labels.max() >= model.config.num_classes:
        found = f"{model.config.num_classes} for a label of {train_set.labels.max()}"
        raise ValueError(f"num_classes must be enough for the images to learn, got {found}")
    if done_epochs > config.epochs:
        raise ValueError(f"epochs must be at least the {done_epochs} that are done, got {config.epochs}")
    if config.whiten and not done_epochs:
        whiten(model, train_set, config.whiten, config.seed)
    asked = Teachers(config, teachers).to(device)
    half = uses_bfloat16(config, device)
    optimizers = build_optimizers(model.to(device).eval(), config, torch.bfloat16 if half else torch.float32)
    if done_epochs and (resume is None or len(resume)):
        load_state_tensors(optimizers, resume or {})
    steps_an_epoch = config.steps_an_epoch(len(train_set))
    group = group or ProcessGroup()
    done_steps = done_epochs * steps_an_epoch
    run = Run(
        model,
        group.replica(model),
        asked,
        group,
        optimizers,
        config,
        device,
        half,
        steps_an_epoch,
        done_steps,
        done_seconds,
    )
    return run.events(train_set, val_set, done_epochs)


@dataclass
class Run:
    """What stays with a training run from step to step."""

    model: VisionTransformer
    replica: nn.Module
    teachers: Teachers
    group: ProcessGroup
    optimizers: Optimizers
    config: TrainConfig
    device: str | torch.device
    half: bool
    steps_an_epoch: int
    step: int
    seconds: float

    def events(
        self, train_set: Digits, val_set: Digits, done_epochs: int
    ) -> Generator[Event, TrainConfig | None, None]:
        """Go through the epochs that are left; at an `Epoch`, and however it ends, the model is in evaluation mode."""
        val = None
        try:
            for epoch in range(done_epochs + 1, self.config.epochs + 1):
                steps = []
                for step in self.learn(train_set, epoch):
                    steps.append((step.loss, step.accuracy))
                    asked = yield step
                    if asked:
                        self.change(asked)
                self.model.eval()
                loss, accuracy = torch.tensor(steps).mean(dim=0).tolist()
                val = self.validate(val_set)
                state = state_tensors(self.optimizers)
                yield Epoch(epoch, self.config.epochs, self.step, loss, accuracy, val, self.seconds, state)
            yield Done(self.config.epochs, self.step, self.seconds, val or self.validate(val_set))
        finally:
            self.model.eval()

    def change(self, config: TrainConfig) -> None:
        """Go on with other settings; errors as in `check_change`."""
        check_change(self.config, config)
        if config.weight_decay != self.config.weight_decay:
            set_weight_decay(self.optimizers, config.weight_decay)
        self.config = config

    def validate(self, val_set: Digits) -> Score | None:
        """Return the score on the held-out images, None when there are none; errors as in `train`.

        Every process of a group scores all of them, so that none has to wait for another.
        """
        check_finite(self.model, self.step)
        return evaluate(self.model, val_set) if len(val_set) else None

    def learn(self, train_set: Digits, epoch: int) -> Iterator[Step]:
        """Learn every image once, in an order of this epoch's own."""
        generator = torch.Generator().manual_seed(self.config.seed * 100_003 + epoch)
        self.model.train()
        started = time.perf_counter()
        for images, labels in batches(train_set, self.config.batch_size, generator, self.device):
            if self.config.augments:
                images = augment(images, self.config, generator)  # noqa: PLW2901 (the same images, varied)
            kept = self.draw_patches(len(images), generator)
            with self.group.detect_loss():
                loss, accuracy, lr, gradient = self.update(images, labels, kept)
            self.seconds += time.perf_counter() - started
            steps = self.config.epochs * self.steps_an_epoch
            yield Step(self.step, steps, epoch, loss, accuracy, lr, gradient, self.seconds)
            started = time.perf_counter()

    def draw_patches(self, count: int, generator: torch.Generator) -> Tensor | None:
        """Draw which patches of `count` images are seen (count, K); None, and all are, in most batches."""
        if not self.config.patch_dropout or torch.rand((), generator=generator) >= self.config.patch_dropout:
            return None
        return drop_patches(count, self.model.config.num_patches, generator).to(self.device)

    def update(self, images: Tensor, labels: Tensor, kept: Tensor | None = None) -> tuple[float, ...]:
        """Take one step down the loss of a batch of which the patches `kept` are seen.

        Returns:
            The loss and the accuracy, of the whole batch and before the step, the learning rate, and the gradient's
            length.
        """
        lr = lr_at(self.step, self.config.epochs * self.steps_an_epoch, self.config)
        set_lr(self.optimizers, lr)
        labels = self.group.shard(labels)
        logits = self.read(images, kept)[: len(labels)]  # which may be none
        with self.arithmetic():
            whole = self.group.shard(images) if kept is None else None
            loss = self.teachers.loss(logits, labels, whole) / len(images)  # this process's part of the mean
        hits = (logits.argmax(dim=-1) == labels).sum() / len(images)
        total, accuracy = self.group.sum(loss.item(), hits.item())
        if not isfinite(total):
            raise DivergedError(f"the loss became {total} at step {self.step + 1}: try a lower learning rate")
        self.model.zero_grad(set_to_none=True)
        (loss * self.group.size).backward()  # of which the mean over all processes is taken
        gradient = nn.utils.get_total_norm(
            [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        )
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        return total, accuracy, lr, gradient.item()

    def read(self, images: Tensor, kept: Tensor | None) -> Tensor:
        """Return the logits (B, K) of this process's share of images of which the patches `kept` are seen.

        At least one image is read, for every process has a part in the gradients. The logits have the weights'
        precision, whatever the arithmetic; the masks of dropout differ from process to process.
        """
        images, kept = self.group.shard(images, 1), None if kept is None else self.group.shard(kept, 1)
        drops = self.model.config.dropout > 0  # dropout draws from the global generator, which is the caller's
        with torch.random.fork_rng(devices=[], enabled=drops):
            if drops:
                torch.manual_seed(self.config.seed * 100_003 + self.step + self.group.rank * RANKS_APART)
            with self.arithmetic():
                return self.replica(images, kept).to(self.model.head.weight.dtype)

    def arithmetic(self) -> torch.autocast:
        """Return the context in which models are asked."""
        return torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.half)
