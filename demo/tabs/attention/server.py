"""The attention map as a file."""

from __future__ import annotations

import base64

from demo.requests import Payload, Reader, errors_as_answers
from demo.tabs.attention.figures import View, attention_file


class AttentionFigure:
    """Server function of the tab."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def figure(self, payload: Payload) -> Payload:
        """Return an attention map as a file: `name`, `type` and `data` in base64; or `error` with one sentence."""
        image, loaded = self.reader.image_and_model(payload)
        view = View.of(payload, loaded.model.config)
        picture = attention_file(image, loaded.read(image)[0], view)
        return {"name": view.file_name, "type": view.media_type, "data": base64.b64encode(picture).decode()}
