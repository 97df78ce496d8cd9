"""Answer of tab "Two drawings": the share of the answer that each part of the model carries."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from demo import serialize
from demo.models import LoadedModel
from demo.requests import Payload, Reader, errors_as_answers
from vit import ink
from vit.analysis.activation_patching import Shares, gap_shares
from vit.ink.shipped import examples

FIRST, INSTEAD = 4, 9  # the example to compare with, and the one for a drawing that is read like it


class TwoDrawings:
    """Compare the drawing of the page with one that the visitor keeps, or with an example."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def differences(self, payload: Payload) -> Payload:
        """Answer with the shares of the parts, or `error` with one sentence.

        `payload` names the drawing and the model as for a reading; `kept` is the other drawing, none for an example.
        """
        image, loaded = self.reader.image_and_model(payload)
        kept = payload.get("kept")
        other = example_for(loaded, image) if kept is None else self.reader.image(kept)
        pair = [torch.from_numpy(each)[None] for each in (other, image)]
        with torch.inference_mode():
            return pack(gap_shares(loaded.model, *pair)) | {"kept": serialize.pack(pair[0][0], "u8")}


@cache
def example_images() -> dict[int, np.ndarray]:
    """Return the images (28, 28) of the page's example drawings by their digit."""
    return {example["label"]: ink.from_strokes(example["strokes"]) for example in examples()}


def example_for(loaded: LoadedModel, image: np.ndarray) -> np.ndarray:
    """Return an example (28, 28) that the model reads as another class than `image`, if there is one."""
    classes = [loaded.read(each)[1].digit for each in (image, example_images()[FIRST])]
    return example_images()[FIRST if classes[0] != classes[1] else INSTEAD]


def pack(shares: Shares) -> Payload:
    """Pack the shares of all parts: 0 moves nothing, 1 all the way to the kept drawing's answer."""
    parts = {name: serialize.pack(getattr(shares, name), "f32") for name in ("heads", "mlps", "layers", "tokens")}
    return {"classes": list(shares.classes), "gaps": [round(gap, 4) for gap in shares.gaps]} | parts
