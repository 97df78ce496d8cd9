"""One gradient step on the drawing, on a copy of the model that reads: its effect at several learning rates."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from demo.models import LoadedModel
from demo.requests import EXPIRED, Payload, Reader, UnknownModelError, samples
from train.datasets import DATASETS
from train.gradient_step import LossGradient, StepResult, take_step
from vit import VisionTransformer

MAX_STEPS = 20
RANGES = {"sgd": (1e-3, 30.0), "adam": (1e-5, 1.0)}  # learning rates, from a tiny effect to an absurd one
# Multiplications per reading at most, then how many rates and other digits to try: an answer takes a second or two.
BUDGETS = ((1e7, 12, 100), (6e7, 7, 40), (float("inf"), 4, 10))


class GradientStep:
    """Requests of the view. The server stores nothing between two of them: each names the steps already taken."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def look(self, payload: Payload) -> Payload:
        """Answer with the effect of one more step at several learning rates, or `error` with one sentence.

        The payload has a drawing, a `model`, the `steps` already taken, and the `label` and `optimizer` of the next.
        """
        try:
            image = torch.from_numpy(self.reader.image(payload))[None]  # (1, H, W)
            loaded = self.reader.loaded(payload.get("model"))
            return next_step(loaded, image, payload)
        except UnknownModelError:
            return {"error": EXPIRED}
        except (TypeError, ValueError) as error:
            return {"error": str(error)}


def next_step(loaded: LoadedModel, image: Tensor, payload: Payload) -> Payload:
    """Take the `steps`, and pack the effect of one more.

    Raises:
        ValueError: there are too many steps, or one has an invalid rate, label or optimizer.
        TypeError: a list or a number was expected.
    """
    optimizer, digit = payload.get("optimizer", "sgd"), loaded.read(image[0].numpy())[1].digit
    label = digit if payload.get("label") is None else payload["label"]
    model = take_steps(loaded.model, image, payload.get("steps") or [])
    gradient = LossGradient(model, image, label, optimizer)
    num_rates, num_others = budget(model)
    result = gradient.take(rates_of(optimizer, num_rates))
    return {"digit": digit, "label": label, "others": read_others(gradient, result, num_others)} | pack_result(result)


def take_steps(model: VisionTransformer, image: Tensor, steps: list[dict[str, Any]]) -> VisionTransformer:
    """Return a copy of the model after these steps, each with a new optimizer."""
    if not isinstance(steps, list) or len(steps) > MAX_STEPS:
        raise ValueError(f"steps must be a list of at most {MAX_STEPS}, got {str(steps)[:60]}")
    for step in steps:
        if not isinstance(step, dict) or step.keys() != {"label", "lr", "optimizer"}:
            raise ValueError(f"a step must have a label, an lr and an optimizer, got {str(step)[:60]}")
        model = take_step(model, image, **step)
    return model


def budget(model: VisionTransformer) -> tuple[int, int]:
    """Return how many rates and how many other digits to try: fewer for a larger model."""
    work = model.config.num_tokens * model.num_params
    return next((rates, others) for limit, rates, others in BUDGETS if work <= limit)


def rates_of(optimizer: str, count: int) -> list[float]:
    """Return `count` learning rates with a constant ratio, rounded to two digits."""
    return [float(f"{rate:.1e}") for rate in np.geomspace(*RANGES[optimizer], count)]


@torch.inference_mode()
def read_others(gradient: LossGradient, result: StepResult, count: int) -> Payload | None:
    """Count how many of `count` MNIST test digits are read right before the step and after it at each rate.

    None for a model of other classes.
    """
    images, labels, _ = samples()
    if gradient.model.config.class_names != DATASETS["mnist"].names:
        return None
    inputs = torch.from_numpy(images[:count])[:, None].float() / 255  # (count, 1, H, W)
    targets = torch.from_numpy(labels[:count]).long()
    model = gradient.model.float()

    def right(rate: float) -> int:
        weights = {
            name: (weight + rate * gradient.direction[name]).float() for name, weight in gradient.weights.items()
        }
        return int((functional_call(model, weights, (inputs,)).argmax(dim=-1) == targets).sum())

    return {"of": len(inputs), "before": right(0.0), "after": [right(rate) for rate in result.lrs.tolist()]}


def pack_result(result: StepResult) -> Payload:
    """Pack the effect of a step: `before`, `after` at each of the `rates`, and the share of each of the `parts`."""
    parts = [
        {
            "name": one.part.name,
            "block": one.part.block,
            "length": short(one.length),
            "gradient": short(one.gradient),
            "moved": [short(value) for value in one.moved.tolist()],
            "alone": [short(value) for value in one.alone.tolist()],
            "predicted": [short(value) for value in one.predicted.tolist()],
        }
        for one in result.parts
    ]
    ends = zip(result.after, result.loss_after.tolist(), strict=True)
    return {
        "rates": result.lrs.tolist(),
        "before": pack_output(result.before, result.loss_before),
        "after": [pack_output(logits, loss) for logits, loss in ends],
        "parts": parts,
    }


def pack_output(logits: Tensor, loss: float) -> Payload:
    """Pack logits (K,), their softmax, and the loss."""
    probs = [round(prob, 6) if isfinite(prob) else None for prob in logits.softmax(dim=-1).tolist()]
    return {"logits": [short(value) for value in logits.tolist()], "probs": probs, "loss": short(loss)}


def short(value: float) -> float | None:
    """Round a number to five digits; None if JSON has no such number."""
    return float(f"{value:.4e}") if isfinite(value) else None
