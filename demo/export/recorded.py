"""What the static page has of the server's answers: those that depend on a model alone, and the digits that ship."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from demo import models, serialize
from demo.about_model import about_model
from demo.digit_sheets import COLUMNS
from demo.export.record import stored
from demo.requests import pack_sample, samples
from demo.serialize import as_json
from demo.tabs.layers.server import shipped
from demo.tabs.train.live_view.server import read_snapshot
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
