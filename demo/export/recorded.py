"""What the static page has of the server's answers: those that depend on a model alone, and the digits that ship."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

from demo import models, serialize
from demo.digit_sheets import COLUMNS
from demo.export.record import stored
from demo.models import LoadedModel
from demo.requests import pack_sample, samples
from demo.tabs.distances.server import distances
from demo.tabs.layers.server import pack_map, principal, shipped
from demo.tabs.patches.server import embedding
from demo.tabs.train.live_view.server import read_snapshot
from demo.tabs.two_drawings.server import FIRST, INSTEAD, example_images
from demo.training.live import Live
from demo.training.snapshots import Snapshot
from train.config import Recipe, TrainConfig
from vit import ViTConfig, checkpoint

NOT_DRAWN = {"probs", "attention"}  # of a snapshot: they depend on the drawing, so the browser calculates them


def recorded_files(names: list[str]) -> dict[str, bytes]:
    """Return the answers about these shipped models, the digits and their sheet, by their paths in the page."""
    digits = [pack_sample(place) for place in range(len(samples()[0]))]
    files = {"samples": digits, "sheet": {"sheet": shipped(), "columns": COLUMNS}}
    files |= {name: about_model(name, models.shipped_model(name)) for name in names}
    return {f"recorded/{name}.json": as_json(value) for name, value in files.items()}


def as_json(value: Any) -> bytes:
    """Return a value as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


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


def weight_files(names: list[str]) -> dict[str, bytes]:
    """Return the checkpoints of these shipped models, by their paths in the page.

    They stay as they are: with weights of 16 bits a probability can differ from the server's by 0.001, which shows.
    """
    return {f"weights/{name}.safetensors": checkpoint.locate(name).read_bytes() for name in names}


def training_files() -> dict[str, bytes]:
    """Return the recorded training by its paths in the page: the weights of all moments, and what belongs to them.

    `moments` has of each what no drawing changes, as `read_snapshot` packs it.
    """
    about, snapshots, digits = stored()
    live = Live(Recipe(ViTConfig(**about["config"]), TrainConfig()), test_digits=digits)
    shown = {"images": serialize.pack(digits.images / 255, "u8"), "labels": digits.labels.tolist()}
    moments = [about_moment(snapshot, live) for snapshot in snapshots]
    weights = {name: torch.stack([one.weights[name] for one in snapshots]) for name in snapshots[0].weights}
    return {
        "recorded/training.json": as_json(about | {"test_digits": shown, "moments": moments}),
        "recorded/training.safetensors": save(weights),
    }


def about_moment(snapshot: Snapshot, live: Live) -> dict[str, Any]:
    """Pack what no drawing changes about a snapshot."""
    blank = np.zeros((live.recipe.model.image_size,) * 2, np.float32)
    packed = read_snapshot(snapshot, live, blank)
    return {name: value for name, value in packed.items() if name not in NOT_DRAWN}
