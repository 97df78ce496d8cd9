"""Values that an explainer predicts in one pass, shown while the estimate is on its way."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

from torch import Tensor

from demo import models, serialize
from demo.models import LoadedModel
from vit.explain.amortised import Explainer, load, predict, read_figures, shipped


def predicted_values(loaded: LoadedModel, image: Tensor, target: int, mask_mode: str) -> dict[str, Any]:
    """Predict the values of an image (C, H, W) in [0, 1] by the explainer of a shipped model.

    Returns:
        `one_pass`: the `values` (G, G) in nats, the `ms` that they took, and the typical `error` of a value, the root
        of the mean square over test digits (`train.benchmarks.explainer`). Nothing if no explainer ships.
    """
    name = next((name for name, one in models.shipped().items() if one is loaded), None)
    path = shipped(name, mask_mode) if name else None
    if path is None:
        return {}
    explainer, error = load_explainer(path)
    start = perf_counter()
    values = predict(explainer, loaded.model, image[None])[0, :, target]  # (G*G,)
    ms = round(1000 * (perf_counter() - start), 1)
    side = loaded.model.config.grid_size
    return {"one_pass": {"values": serialize.pack(values.view(side, side), "f32"), "ms": ms, "error": error}}


@cache
def load_explainer(path: Path) -> tuple[Explainer, float]:
    """Load a shipped explainer and its typical error, in nats."""
    name = path.stem.rpartition("-")[0]
    return load(path, models.shipped()[name].model), read_figures(path)["error"]
