"""Log a training run for TensorBoard: scalars, figures and hyperparameters."""

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
    """TensorBoard's log of a run, in the run's folder.

    A resumed run hides what was logged of the next epoch before it was stopped.

    Args:
        samples: images (B, 1, H, W) in [0, 1] whose attention is drawn after each epoch.
        done_epochs: of a resumed run.
    """

    def __init__(self, folder: Path, samples: Tensor, steps_an_epoch: int, done_epochs: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 (a second to import, unused by the page)

        self.samples = samples
        self.steps_an_epoch = steps_an_epoch
        self.done_steps = done_epochs * steps_an_epoch
        self.writer = SummaryWriter(str(folder), purge_step=self.done_steps + 1 if done_epochs else None)

    def step(self, event: Step) -> None:
        """Log loss, accuracy and learning rate of every tenth step."""
        if event.step % STEPS_BETWEEN_SCALARS == 0:
            self.writer.add_scalar("step/loss", event.loss, event.step)
            self.writer.add_scalar("step/acc", event.accuracy, event.step)
            self.writer.add_scalar("step/lr", event.lr, event.step)

    def epoch(self, event: Epoch, model: VisionTransformer) -> None:
        """Log an epoch. As in the blog, `train loss` is a sum over the steps and `train acc` a share."""
        self.writer.add_scalar("train loss", event.loss * self.steps_an_epoch, event.epoch)
        self.writer.add_scalar("train loss mean", event.loss, event.epoch)
        self.writer.add_scalar("train acc", event.accuracy, event.epoch)
        if event.val:
            self.writer.add_scalar("val loss", event.val.loss, event.epoch)
            self.writer.add_scalar("val acc", event.val.accuracy, event.epoch)
            self.writer.add_figure("confusion", confusion_figure(event.val.confusion), event.epoch)
        self.attention(event.epoch, model)
        self.writer.flush()

    def attention(self, epoch: int, model: VisionTransformer) -> None:
        """Draw the attention of cls on the sample images; `model` is in evaluation mode, as at an `Epoch`."""
        with torch.inference_mode():
            trace = model.trace(self.samples.to(model.head.weight.device))
        self.writer.add_figure("attention", attention_figure(self.samples, trace), epoch)

    def test(self, model: VisionTransformer, test_set: Digits, epoch: int) -> None:
        """Log calibration and robustness on the test set, as `python -m train.evaluation` measures them.

        Each robustness curve is a figure, and its mean a scalar by which runs can be compared.
        """
        bins, robustness = predict(model, test_set).calibration, accuracy_curves(model, sample_digits(test_set))
        self.writer.add_scalar("test calibration error", bins.error, epoch)
        self.writer.add_figure("calibration", reliability_figure(bins), epoch)
        for name, accuracies in robustness.items():
            self.writer.add_scalar(f"robustness/{name}", sum(accuracies) / len(accuracies), epoch)
        self.writer.add_figure("robustness", robustness_figure(robustness), epoch)

    def hyperparameters(self, recipe: Recipe, epoch: int, val: Score | None, test: Score | None = None) -> None:
        """Log the hyperparameters with the final accuracies, and close; a trial of a sweep has no test."""
        if test:
            self.writer.add_scalar("test acc", test.accuracy, epoch)
        values = {f"model.{name}": value for name, value in asdict(recipe.model).items()}
        values |= {f"training.{name}": value for name, value in asdict(recipe.training).items()}
        texts = {name: " ".join(map(str, value)) for name, value in values.items() if isinstance(value, tuple)}
        metrics = {f"final/{name} acc": score.accuracy for name, score in (("test", test), ("val", val)) if score}
        self.writer.add_hparams(values | texts, metrics, run_name=".")
        self.close()

    def close(self) -> None:
        """Write what is pending."""
        self.writer.close()
