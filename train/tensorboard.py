"""A training run on TensorBoard: the blog's scalars and more, the hyperparameters, pictures each epoch."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from train.config import Recipe
from train.data.dataset import Digits
from train.evaluation.figures import attention_figure, confusion_figure, reliability_figure, robustness_figure
from train.evaluation.predictions import predict
from train.evaluation.robustness import accuracy_curves, sample_digits
from train.loop import Epoch, Step
from train.score import Score
from vit.model import VisionTransformer

STEPS_BETWEEN_SCALARS = 10


class Board:
    """Write a run's events under `folder`; `samples` (B, 1, H, W) are the images whose attention is pictured.

    A run that goes on after `done_epochs` hides what it had logged of the next one before it was stopped.
    """

    def __init__(self, folder: Path, samples: Tensor, steps_an_epoch: int, done_epochs: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 (a second to import, unused by the page)

        self.samples = samples
        self.steps_an_epoch = steps_an_epoch
        self.done_steps = done_epochs * steps_an_epoch
        self.writer = SummaryWriter(str(folder), purge_step=self.done_steps + 1 if done_epochs else None)

    def step(self, event: Step) -> None:
        """Log one step in ten."""
        if event.step % STEPS_BETWEEN_SCALARS == 0:
            self.writer.add_scalar("step/loss", event.loss, event.step)
            self.writer.add_scalar("step/acc", event.accuracy, event.step)
            self.writer.add_scalar("step/lr", event.lr, event.step)

    def epoch(self, event: Epoch, model: VisionTransformer) -> None:
        """Log an epoch: `train loss` is the sum over its steps and `train acc` a share, as the blog has them."""
        self.writer.add_scalar("train loss", event.loss * self.steps_an_epoch, event.epoch)
        self.writer.add_scalar("train loss mean", event.loss, event.epoch)
        self.writer.add_scalar("train acc", event.accuracy, event.epoch)
        if event.val:
            self.writer.add_scalar("val loss", event.val.loss, event.epoch)
            self.writer.add_scalar("val acc", event.val.accuracy, event.epoch)
            self.writer.add_figure("confusion", confusion_figure(event.val.confusion), event.epoch)
        self.pictures(event.epoch, model)
        self.writer.flush()

    def pictures(self, epoch: int, model: VisionTransformer) -> None:
        """Show where cls looks on the sample images; `model` is in evaluation mode, as an `Epoch` finds it."""
        with torch.inference_mode():
            trace = model.trace(self.samples.to(model.head.weight.device))
        self.writer.add_figure("attention", attention_figure(self.samples, trace), epoch)

    def finish(self, recipe: Recipe, epoch: int, val: Score | None, test: Score) -> None:
        """Log the hyperparameters beside what they led to, and close."""
        self.writer.add_scalar("test acc", test.accuracy, epoch)
        given = {f"model.{name}": value for name, value in asdict(recipe.model).items()}
        given |= {f"training.{name}": value for name, value in asdict(recipe.training).items()}
        given = {
            name: " ".join(map(str, value)) if isinstance(value, tuple) else value for name, value in given.items()
        }
        reached = {"final/test acc": test.accuracy} | ({"final/val acc": val.accuracy} if val else {})
        self.writer.add_hparams(given, reached, run_name=".")
        self.close()

    def tested(self, model: VisionTransformer, test_set: Digits, epoch: int) -> None:
        """Log what `python -m train.evaluation` would say: the calibration, and the accuracy on changed digits.

        A curve is logged as a picture, and its mean as a number by which runs are compared.
        """
        bins, found = predict(model, test_set).calibration, accuracy_curves(model, sample_digits(test_set))
        self.writer.add_scalar("test calibration error", bins.error, epoch)
        self.writer.add_figure("calibration", reliability_figure(bins), epoch)
        for name, shares in found.items():
            self.writer.add_scalar(f"robustness/{name}", sum(shares) / len(shares), epoch)
        self.writer.add_figure("robustness", robustness_figure(found), epoch)

    def close(self) -> None:
        """Write out what is pending."""
        self.writer.close()
