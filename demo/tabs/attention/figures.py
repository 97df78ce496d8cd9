"""Attention maps as matplotlib figures (not pyplot, which has global state)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from vit import Trace, ViTConfig
from vit.trace import to_grid

MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml"}


@dataclass(frozen=True)
class View:
    """Select the attention to draw: a layer, a head (None for their mean) and a query token."""

    layer: int
    head: int | None
    query: int
    suffix: str

    @classmethod
    def of(cls, payload: Mapping[str, Any], config: ViTConfig) -> View:
        """Parse a view from a request.

        Raises:
            ValueError: it asks for a layer, head, token or format that the model does not have.
        """
        head = payload.get("head")
        view = cls(
            whole("layer", payload.get("layer"), config.depth),
            None if head is None else whole("head", head, config.num_heads),
            whole("query", payload.get("query"), config.num_tokens),
            str(payload.get("format")),
        )
        if view.suffix not in MEDIA_TYPES:
            raise ValueError(f"format must be one of {', '.join(MEDIA_TYPES)}, got {view.suffix}")
        return view

    @property
    def media_type(self) -> str:
        """The file's media type."""
        return MEDIA_TYPES[self.suffix]

    @property
    def token(self) -> str:
        """Name of the query token."""
        return f"patch {self.query}" if self.query else "cls"

    @property
    def head_name(self) -> str:
        """Name of the head, counted from 1."""
        return "mean of the heads" if self.head is None else f"head {self.head + 1}"

    @property
    def file_name(self) -> str:
        """File name."""
        parts = ["attention", self.token, f"layer {self.layer + 1}", self.head_name]
        return f"{' '.join(parts).replace(' ', '-')}.{self.suffix}"


def whole(name: str, value: object, count: int) -> int:
    """Return `value` when it is a whole number in [0, count); a `ValueError` names it otherwise."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
        raise ValueError(f"{name} must be a whole number from 0 to {count - 1}, got {value!r}")
    return value


def attention_file(image: np.ndarray, trace: Trace, view: View) -> bytes:
    """Draw the attention of a token over its image (H, W); return the bytes of the file."""
    row = trace.attention[view.layer, 0, :, view.query]  # (h, N)
    weights = row.mean(dim=0) if view.head is None else row[view.head]
    figure = attention_figure(image, weights.numpy(), to_grid(weights).numpy(), view)
    file = io.BytesIO()
    figure.savefig(file, format=view.suffix, dpi=200)
    return file.getvalue()


def attention_figure(image: np.ndarray, weights: np.ndarray, grid: np.ndarray, view: View) -> Figure:
    """Draw attention weights (N,) as `grid` (G, G) over an image (H, W), with a scale and the share of cls."""
    figure = Figure(figsize=(5, 4.6), layout="constrained")
    axes = figure.subplots()
    side = len(image)
    extent = (0, side, side, 0)
    axes.imshow(image, cmap="gray_r", extent=extent)
    shown = axes.imshow(grid, cmap="inferno", alpha=0.65, extent=extent, vmin=0)
    lines = np.arange(0, side + 1, side // len(grid))
    axes.set(xticks=lines, yticks=lines, xticklabels=[], yticklabels=[])
    axes.grid(color="white", linewidth=0.6)
    axes.set_title(f"Where {view.token} looks: layer {view.layer + 1}, {view.head_name}", fontsize=11)
    axes.set_xlabel(f"on the cls token: {weights[0]:.1%}    on the patches: {weights[1:].sum():.1%}")
    figure.colorbar(shown, ax=axes, label="attention weight", shrink=0.85)
    return figure
