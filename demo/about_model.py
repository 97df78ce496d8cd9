"""What views ask about a model, whatever is drawn: with it and the weights a browser answers their questions."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from demo import serialize
from demo.models import LoadedModel
from demo.tabs.distances.server import distances
from demo.tabs.layers.server import pack_map, principal
from demo.tabs.patches.server import embedding
from demo.tabs.two_drawings.server import FIRST, INSTEAD, example_images


def about_model(name: str, loaded: LoadedModel) -> dict[str, Any]:
    """Pack what views ask about a model, whatever is drawn, and the examples of Two drawings.

    `net` has the layers of the network that places cls tokens on the token map; `examples` are images (28, 28).
    """
    token_map = loaded.token_map or principal(loaded.model)
    return {
        "filters": embedding(loaded.model),
        "distances": distances(loaded.model),
        "parts": loaded.parts,
        "name": name,
        "token_map": pack_map(token_map, loaded),
        "net": [pack_layer(layer) for layer in token_map.net.modules() if isinstance(layer, nn.Linear)],
        "examples": [serialize.pack(torch.from_numpy(example_images()[digit]), "f32") for digit in (FIRST, INSTEAD)],
    }


def pack_layer(layer: nn.Linear) -> dict[str, Any]:
    """Pack the weight and the bias of a layer."""
    return {"weight": serialize.pack(layer.weight, "f32"), "bias": serialize.pack(layer.bias, "f32")}
