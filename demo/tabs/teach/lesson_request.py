"""Lesson request: the corrections that a visitor's browser sent, checked, as images and labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from demo import models
from demo.models import LoadedModel
from demo.requests import SMALLEST, Payload, class_index, from_picture, from_strokes
from train.data.dataset import Digits

MAX_CORRECTIONS = 50
MAX_POINTS = 2000  # of one correction; a digit drawn by hand has about 100


@dataclass(eq=False)
class LessonRequest:
    """A lesson that a visitor asked for.

    Attributes:
        token: of the model that is taught, None for the first shipped one.
        start: the model that is taught.
        before: the model that read until now: `start`, or the result of the lesson before.
        images: the drawings, (28, 28) in [0, 1] each.
        labels: their digits.
        stage: `waiting`, `fetching`, `practising` or `testing`.
    """

    token: object
    start: LoadedModel
    before: LoadedModel
    images: list[np.ndarray]
    labels: list[int]
    stage: str = "waiting"

    @property
    def name(self) -> str:
        """The name of the model that is taught."""
        if self.token is None:
            return models.default_name()
        return str(self.token) if self.token in models.shipped() else "your model"

    @property
    def corrections(self) -> Digits:
        """The drawings with their labels."""
        images = torch.from_numpy(np.rint(255 * np.stack(self.images)).astype(np.uint8))  # (n, H, W)
        return Digits(images, torch.tensor(self.labels))


def corrections_of(value: object) -> tuple[list[np.ndarray], list[int]]:
    """Return the images and the labels of corrections that a browser sent.

    Raises:
        ValueError: `value` is not a list of valid corrections, or has too many; the message is for a visitor.
    """
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_CORRECTIONS:
        given = f"{len(value)}" if isinstance(value, list) else type(value).__name__
        raise ValueError(f"Between 1 and {MAX_CORRECTIONS} corrections can be taught, got {given}.")
    if not all(isinstance(correction, dict) for correction in value):
        raise ValueError("Each correction must have strokes or a picture, and a label.")
    labels = [class_index("label", correction.get("label")) for correction in value]
    return [image_of(correction) for correction in value], labels


def image_of(correction: Payload) -> np.ndarray:
    """Return the (28, 28) image of a correction's `picture` or else of its `strokes`.

    Raises:
        ValueError: as `from_picture` and `from_strokes` do, and for too many points.
    """
    if "picture" in correction:
        return from_picture(correction["picture"])
    strokes = correction.get("strokes")
    points = sum(len(stroke) for stroke in strokes if isinstance(stroke, list)) if isinstance(strokes, list) else 0
    if points > MAX_POINTS:
        raise ValueError(f"A correction has {points:,} points; at most {MAX_POINTS:,} can be taught.")
    return from_strokes(strokes, SMALLEST)
