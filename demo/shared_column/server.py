"""Server functions of the pad: a reading of the drawing, a random test digit, the weights of a visitor's own model."""

from __future__ import annotations

import random

from demo import models
from demo.requests import EXPIRED, Payload, Reader, UnknownModelError, errors_as_answers, pack_sample, samples
from demo.shared_column.reading import describe_model, pack_reading
from demo.weights import packed_weights


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

    @errors_as_answers
    def own_weights(self, payload: Payload) -> Payload:
        """Answer with the `weights` of a visitor's own model, as `packed_weights` packs them, for their browser.

        The token names the model; only its owner knows it.
        """
        token = payload.get("model")
        if models.shipped_name(token):
            raise ValueError("The weights of a shipped model have an address of their own.")
        return {"weights": packed_weights(self.reader.loaded(token))}

    def sample(self, payload: Payload) -> Payload:  # noqa: ARG002 (the browser always sends something)
        """Answer with a random MNIST test digit."""
        return pack_sample(random.randrange(len(samples()[0])))  # noqa: S311 (nothing secret)
