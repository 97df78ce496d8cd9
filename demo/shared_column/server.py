"""Server functions of the pad: a reading of the drawing, and a random test digit."""

from __future__ import annotations

import random

from demo import models
from demo.requests import EXPIRED, Payload, Reader, UnknownModelError, errors_as_answers, pack_sample, samples
from demo.shared_column.reading import describe_model, pack_reading


class PadServer:
    """Answer the pad's requests."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def read(self, payload: Payload) -> Payload:
        """Answer the pad: a reading, or `error` with one sentence; `expired` says that the model is gone."""
        try:
            image, loaded = self.reader.image_and_model(payload)
        except UnknownModelError:
            return {"error": EXPIRED, "expired": True}
        packed = pack_reading(loaded, image, whole=bool(payload.get("whole", True)))
        names = {"name": models.shipped_name(payload.get("model")), "summary": loaded.summary}
        return packed | {"model": describe_model(loaded.model) | names}

    def sample(self, payload: Payload) -> Payload:  # noqa: ARG002 (the browser always sends something)
        """Answer with a random MNIST test digit."""
        return pack_sample(random.randrange(len(samples()[0])))  # noqa: S311 (nothing secret)
