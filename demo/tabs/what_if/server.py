"""Answer of tab "What if": the reading of a changed image by a changed model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from demo import serialize
from demo.models import LoadedModel
from demo.requests import Payload, Reader, errors_as_answers, target_class
from demo.shared_column.reading import pack_glance
from vit import ViTConfig
from vit.analysis.ablation import rearranged, without
from vit.explain import attention, integrated_gradients


class WhatIf:
    """Answer the tab's requests: a drawing, changes of it and of the model, and the digit that the map is about."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @errors_as_answers
    def changed(self, payload: Payload) -> Payload:
        """Answer with the reading of the changed image by the changed model, or `error` with one sentence."""
        drawing, loaded = self.reader.image_and_model(payload)
        try:
            changes = dict(payload.get("changes") or {})
            image = changed_image(torch.from_numpy(drawing)[None], changes, loaded.model.config)  # (1, H, W)
            changed = changed_model(loaded, changes)
        except TypeError as error:  # the changes may have any form
            raise ValueError(str(error)) from None
        return pack_reading(changed, image, payload.get("target")) | {"parts": loaded.parts}


def changed_image(image: Tensor, changes: dict[str, Any], config: ViTConfig) -> Tensor:
    """Return the image (1, H, W) with its patches moved (`order`) and erased (`erased`)."""
    order = changes.get("order") or range(config.num_patches)
    if len(order) != config.num_patches:
        raise ValueError(f"order must name {config.num_patches} patches, got {len(order)}")
    return rearranged(image, order, changes.get("erased") or ())


def changed_model(loaded: LoadedModel, changes: dict[str, Any]) -> LoadedModel:
    """Switch `heads` (pairs of layer and head), `layers` or the `positions` of a model off."""
    heads = [(layer, head) for layer, head in changes.get("heads") or ()]
    layers, positions = changes.get("layers") or (), bool(changes.get("positions", True))
    if not heads and not layers and positions:
        return loaded
    return replace(loaded, model=without(loaded.model, heads, layers, positions=positions))


def pack_reading(loaded: LoadedModel, image: Tensor, target: object = None) -> Payload:
    """Pack the reading of an image (1, H, W), with the maps of attention and of integrated gradients for `target`.

    Args:
        target: a class; None for the predicted one.

    Raises:
        ValueError: `target` is no class.
    """
    trace, prediction = loaded.read(image[0].numpy())
    explained = target_class(target, prediction.digit, loaded.model.config.num_classes)
    maps = {
        "attention": attention(loaded.model, image),
        "integrated_gradients": integrated_gradients(loaded.model, image, explained),
    }
    packed = {name: serialize.pack(values, "f32") for name, values in maps.items()}
    return pack_glance(image[0].numpy(), trace, prediction) | {"maps": packed, "target": explained}
