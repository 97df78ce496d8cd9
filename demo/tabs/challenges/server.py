"""Answer of tab "Challenges": the exact values of the patches, which a guess is compared with."""

from __future__ import annotations

import torch

from demo.requests import Payload, Reader, errors_as_answers
from vit.explain.coalitions import MAX_MASKABLE, log_odds_table
from vit.explain.masking import MaskedModel
from vit.explain.shapley import shapley_values


class Challenges:
    """Server function of the tab."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def values(self, payload: Payload) -> Payload:
        """Answer with the Shapley values (G*G) of erased patches for the predicted digit, in nats, or `error`.

        With ink in more patches than can be compared exactly, answer with both numbers: `inked` and `most`.
        """
        image, loaded = self.reader.image_and_model(payload)
        digit = loaded.read(image)[1].digit
        masked = MaskedModel(loaded.model, torch.from_numpy(image)[None], "erased")
        if len(masked.maskable) > MAX_MASKABLE:
            return {"inked": len(masked.maskable), "most": MAX_MASKABLE}
        values = masked.on_grid(shapley_values(log_odds_table(masked, digit)).float())
        return {"values": [round(value, 4) for value in values.flatten().tolist()], "digit": digit}
