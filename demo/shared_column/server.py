"""What the pad asks: a reading of the drawing, or a test digit to begin with."""

from __future__ import annotations

import random

import torch

from demo import serialize
from demo.requests import EXPIRED, Payload, Reader, UnknownModelError, answered, samples
from demo.shared_column.reading import describe, reading


class PadServer:
    """Answer the pad's requests."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @answered
    def read(self, payload: Payload) -> Payload:
        """Answer the pad: a reading, or `error` with one sentence; `expired` says that the model is gone."""
        try:
            image, loaded = self.reader.asked(payload)
        except UnknownModelError:
            return {"error": EXPIRED, "expired": True}
        seen = reading(loaded, image, whole=bool(payload.get("whole", True)))
        return seen | {"model": describe(loaded.model) | {"summary": loaded.summary}}

    def sample(self, payload: Payload) -> Payload:  # noqa: ARG002 (the browser always sends something)
        """Answer with a random MNIST test digit."""
        images, labels, indices = samples()
        at = random.randrange(len(images))  # noqa: S311 (nothing secret)
        packed = serialize.pack(torch.from_numpy(images[at] / 255), "u8")
        return {"index": int(indices[at]), "label": int(labels[at]), "image": packed}
