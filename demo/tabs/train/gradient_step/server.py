"""One step under the microscope: the drawing and its label make a gradient step on a copy of the model that reads."""

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
from train.gradient_step import Look, Slope, stepped
from vit import VisionTransformer

MOST_STEPS = 20
RANGES = {"sgd": (1e-3, 30.0), "adam": (1e-5, 1.0)}  # learning rates from one that does little to an absurd one
# How many rates and how many other digits: fewer the more multiplications a reading takes, so that all take a second
# or two.
EFFORTS = ((1e7, 12, 100), (6e7, 7, 40), (float("inf"), 4, 10))


class Microscope:
    """Answer the view's requests. Nothing is kept between two of them: each tells the steps that were taken."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def look(self, payload: Payload) -> Payload:
        """Answer with what one more step of each of several rates would bring, or `error` with one sentence."""
        try:
            image = torch.from_numpy(self.reader.image(payload))[None]  # (1, H, W)
            loaded = self.reader.loaded(payload.get("model"))
            return looked(loaded, image, payload)
        except UnknownModelError:
            return {"error": EXPIRED}
        except (TypeError, ValueError) as error:
            return {"error": str(error)}


def looked(loaded: LoadedModel, image: Tensor, payload: Payload) -> Payload:
    """Take the `steps` asked for, look at one more by `optimizer` towards `label`, and pack what is seen.

    Raises:
        ValueError: there are too many steps, or one has no such rate, label or optimiser.
        TypeError: what should be a list or a number is none.
    """
    digit = loaded.read(image[0].numpy())[1].digit
    label = digit if payload.get("label") is None else payload["label"]
    model = after(loaded.model, image, payload.get("steps") or [])
    slope = Slope(model, image, label, payload.get("optimizer", "sgd"))
    _, rates, others = effort(model)
    look = slope.look(rates_of(payload.get("optimizer", "sgd"), rates))
    told = {"digit": digit, "label": label, "others": kept(slope, look, others)}
    return told | packed(look)


def after(model: VisionTransformer, image: Tensor, steps: list[dict[str, Any]]) -> VisionTransformer:
    """Return a copy of the model that has taken the steps one after another, each the first of a new optimiser."""
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        raise ValueError(f"steps must be a list of at most {MOST_STEPS}, got {str(steps)[:60]}")
    for step in steps:
        if not isinstance(step, dict) or step.keys() != {"label", "lr", "optimizer"}:
            raise ValueError(f"a step must have a label, an lr and an optimizer, got {str(step)[:60]}")
        model = stepped(model, image, **step)
    return model


def effort(model: VisionTransformer) -> tuple[float, int, int]:
    """Return up to how many multiplications, how many rates and how many other digits are looked at."""
    work = model.config.num_tokens * model.num_params
    return next(effort for effort in EFFORTS if work <= effort[0])


def rates_of(optimizer: str, count: int) -> list[float]:
    """Return so many rates, evenly spaced on a logarithmic scale, of two digits each."""
    return [float(f"{rate:.1e}") for rate in np.geomspace(*RANGES[optimizer], count)]


@torch.inference_mode()
def kept(slope: Slope, look: Look, count: int) -> Payload | None:
    """Return how many of `count` MNIST test digits are read right without a step and after each; None for a model that
    has learned something else."""
    images, labels, _ = samples()
    if slope.model.config.class_names != DATASETS["mnist"].names:
        return None
    some = torch.from_numpy(images[:count])[:, None].float() / 255  # (count, 1, H, W)
    truth = torch.from_numpy(labels[:count]).long()
    model = slope.model.float()

    def right(rate: float) -> int:
        weights = {name: (weight + rate * slope.direction[name]).float() for name, weight in slope.weights.items()}
        return int((functional_call(model, weights, (some,)).argmax(dim=-1) == truth).sum())

    return {"of": len(some), "before": right(0.0), "after": [right(rate) for rate in look.lrs.tolist()]}


def packed(look: Look) -> Payload:
    """Pack a look: `before` and, of each of the `rates`, `after`; and the parts with what each did at each rate."""
    parts = [
        {
            "name": share.part.name,
            "block": share.part.block,
            "length": short(share.length),
            "gradient": short(share.gradient),
            "moved": [short(value) for value in share.moved.tolist()],
            "alone": [short(value) for value in share.alone.tolist()],
            "predicted": [short(value) for value in share.predicted.tolist()],
        }
        for share in look.shares
    ]
    ends = zip(look.after, look.loss_after.tolist(), strict=True)
    return {
        "rates": look.lrs.tolist(),
        "before": answered(look.before, look.loss_before),
        "after": [answered(logits, loss) for logits, loss in ends],
        "parts": parts,
    }


def answered(logits: Tensor, loss: float) -> Payload:
    """Pack logits (K,), the probabilities that a training makes of them, and the loss."""
    probs = [round(share, 6) if isfinite(share) else None for share in logits.softmax(dim=-1).tolist()]
    return {"logits": [short(value) for value in logits.tolist()], "probs": probs, "loss": short(loss)}


def short(value: float) -> float | None:
    """Return a number with five digits, as JSON can hold it."""
    return float(f"{value:.4e}") if isfinite(value) else None
