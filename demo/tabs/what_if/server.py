"""What would it read if? The drawing with its patches moved or rubbed out, the model with a part switched off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from demo import serialize
from demo.models import LoadedModel
from demo.requests import Payload, Reader, answered, asked_for
from demo.shared_column.reading import glance
from vit import ViTConfig
from vit.analysis.ablation import rearranged, without
from vit.explain import attention, integrated_gradients


class WhatIf:
    """Answer the tab's requests: a drawing, what is changed about it and about the model, and which digit is meant."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @answered
    def changed(self, payload: Payload) -> Payload:
        """Answer with the reading of the changed image by the changed model, or `error` with one sentence."""
        drawing, loaded = self.reader.asked(payload)
        try:
            changes = dict(payload.get("changes") or {})
            image = changed_image(torch.from_numpy(drawing)[None], changes, loaded.model.config)  # (1, H, W)
            changed = changed_model(loaded, changes)
        except TypeError as error:  # they came from anywhere
            raise ValueError(str(error)) from None
        return reading(changed, image, payload.get("target")) | {"parts": loaded.parts}


def changed_image(image: Tensor, changes: dict[str, Any], config: ViTConfig) -> Tensor:
    """Return the image (1, H, W) with its patches moved (`order`) and rubbed out (`erased`)."""
    order = changes.get("order") or range(config.num_patches)
    if len(order) != config.num_patches:
        raise ValueError(f"order must name {config.num_patches} patches, got {len(order)}")
    return rearranged(image, order, changes.get("erased") or ())


def changed_model(loaded: LoadedModel, changes: dict[str, Any]) -> LoadedModel:
    """Return the loaded with `heads` (pairs of layer and head), `layers` or the `positions` of its model off."""
    heads = [(layer, head) for layer, head in changes.get("heads") or ()]
    layers, positions = changes.get("layers") or (), bool(changes.get("positions", True))
    if not heads and not layers and positions:
        return loaded
    return replace(loaded, model=without(loaded.model, heads, layers, positions=positions))


def reading(loaded: LoadedModel, image: Tensor, target: object = None) -> Payload:
    """Pack how a loaded reads an image (1, H, W), with where it looks and what speaks for `target`.

    Args:
        target: a digit; None for the one that is read.

    Raises:
        ValueError: the target is no digit.
    """
    trace, prediction = loaded.read(image[0].numpy())
    meant = asked_for(target, prediction.digit, loaded.model.config.num_classes)
    maps = {
        "attention": attention(loaded.model, image),
        "integrated_gradients": integrated_gradients(loaded.model, image, meant),
    }
    packed = {name: serialize.pack(values, "f32") for name, values in maps.items()}
    return glance(image[0].numpy(), trace, prediction) | {"maps": packed, "target": meant}
