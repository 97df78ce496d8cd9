"""The shipped models: load, describe, and predict with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

import vit
from train.evaluation import token_map
from train.evaluation.token_map import TokenMap
from vit import VisionTransformer, checkpoint
from vit.calibration import Calibration

DEFAULT = "digits-4x4"  # reads when the page opens


@dataclass(frozen=True)
class Prediction:
    """A model's prediction for one image.

    Attributes:
        probs: of each class, sum 1; calibrated if the model's calibration is known.
        digit: the likeliest class.
        ood_score: share of validation digits that look more like a digit than this image does, in [0, 1]; 0 for a
            model without a fitted calibration.
        in_distribution: whether it is a digit, as far as the model can tell.
    """

    probs: list[float]
    digit: int
    ood_score: float
    in_distribution: bool


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory with its calibration and description.

    Attributes:
        model: in evaluation mode, and only ever read.
        summary: describes it in one line.
        calibration: temperature and OOD detector; the default leaves probabilities as they are.
        parts: test accuracy without each head and layer (see `train.evaluation.head_ablation`), if measured.
        token_map: the test digits' cls tokens on a map (see `train.evaluation.token_map`), if stored.
    """

    model: VisionTransformer
    summary: str
    calibration: Calibration = field(default_factory=Calibration)
    parts: dict[str, Any] | None = None
    token_map: TokenMap | None = None

    @torch.inference_mode()
    def read(self, image: np.ndarray) -> tuple[vit.Trace, Prediction]:
        """Read a (28, 28) image in [0, 1]."""
        images = torch.from_numpy(image)[None, None]
        trace = self.model.trace(images)
        probs, ood_score = self.calibration.probs(trace.logits)[0], self.calibration.ood_score(trace, images)[0]
        in_distribution = bool(ood_score <= self.calibration.threshold)
        return trace, Prediction(probs.tolist(), int(probs.argmax()), float(ood_score), in_distribution)

    def ood_scores(self, digits: np.ndarray) -> np.ndarray:
        """Return OOD scores (n,) of digits (n, 28, 28) in [0, 1], to choose between readings of one picture."""
        return self.calibration.ood_scores(self.model, digits)


def shipped() -> Mapping[str, LoadedModel]:
    """Return the shipped models by name, the default first; each is loaded once."""
    return load_shipped(checkpoint.ASSETS)


@cache
def load_shipped(folder: Path) -> dict[str, LoadedModel]:
    """Load the checkpoints in `folder`."""
    names = sorted(checkpoint.shipped(), key=lambda name: (name != DEFAULT, name))
    return {name: load(folder / f"{name}.safetensors") for name in names}


def load(path: Path) -> LoadedModel:
    """Load a checkpoint with its calibration, figures and token map."""
    model, figures = vit.load(path), checkpoint.read_header(path).figures
    test = figures.get("test", {})
    accuracy = f", {test['accuracy']:.2%} right on MNIST's test" if test else ""
    return LoadedModel(
        model,
        f"{model.config.num_patches} patches, {model.num_params:,} parameters{accuracy}.",
        vit.load_calibration(path),
        figures.get("parts"),
        token_map.load_token_map(path),
    )


def default_name() -> str:
    """Return the name of the model that reads when the page opens."""
    return next(iter(shipped()))


def shipped_model(name: object) -> LoadedModel:
    """Return a shipped model.

    Raises:
        ValueError: no model of that name ships; the message lists those that do.
    """
    if not isinstance(name, str) or name not in shipped():
        raise ValueError(f"There is no model {str(name)[:40]!r}; choose one of {', '.join(shipped())}.")
    return shipped()[name]


def shipped_name(token: object) -> str | None:
    """Return the name of the shipped model that a request's `token` names (None: the default); None for another."""
    name = default_name() if token is None else token
    return name if isinstance(name, str) and name in shipped() else None


def display_name(name: str) -> str:
    """Return the words for a model on the page: its number of patches if it ships, else `name` itself."""
    loaded = shipped().get(name)
    return f"the model with {loaded.model.config.num_patches} patches" if loaded else name


def options() -> list[dict[str, str]]:
    """List the shipped models for the pad: `token`, a short `label`, a longer `title`, a `summary`."""
    listed = []
    for name, loaded in shipped().items():
        config = loaded.model.config
        patch, count = config.patch_size, config.num_patches
        title = f"{name}: cuts the image into {count} patches of {patch}×{patch} pixels"
        label = f"{count} patches"
        listed.append({"token": name, "label": label, "title": title, "summary": loaded.summary})
    return listed
