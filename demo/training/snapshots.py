"""Weight snapshots of a training: copies of the model after a few of its steps, most of them early."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from vit import VisionTransformer, ViTConfig

MAX_SNAPSHOTS = 32
MAX_BYTES = 20_000_000  # for the snapshots of one training
MIN_SNAPSHOTS = 6  # even of a large model
STORED_DTYPE = torch.float16  # half the memory; the relative error of a weight is at most 1/2000


@dataclass(frozen=True)
class Snapshot:
    """The weights of a model after `step` steps."""

    step: int
    weights: dict[str, Tensor]

    def model(self, config: ViTConfig) -> VisionTransformer:
        """Build the model in evaluation mode, in float32."""
        with torch.device("meta"):
            model = VisionTransformer(config)
        model.load_state_dict({name: weight.float() for name, weight in self.weights.items()}, assign=True)
        if model.pos_embed.is_meta:  # a model without position embeddings has zeros there, which are not saved
            model.register_buffer("pos_embed", torch.zeros(model.pos_embed.shape), persistent=False)
        return model.eval().requires_grad_(False)


@dataclass
class WeightSnapshots:
    """The snapshots of one training, in order. The list only grows, so any thread may read it.

    Attributes:
        steps: numbers of the steps after which a snapshot is due.
    """

    steps: frozenset[int] = frozenset()
    items: list[Snapshot] = field(default_factory=list)

    def add_if_due(self, step: int, model: VisionTransformer, last: bool = False) -> None:
        """Copy the model if a snapshot is due after this step, or if it is the last one."""
        newest = self.items[-1].step if self.items else -1
        if step > newest and (last or step in self.steps):
            self.items.append(take_snapshot(step, model, STORED_DTYPE))

    def drop_all_but(self, last: Snapshot | None) -> None:
        """Free the memory of all snapshots, and leave `last`."""
        self.items[:] = [last] if last else self.items[-1:]


def final_snapshot(step: int, model: VisionTransformer) -> Snapshot:
    """Return the weights of a model that changes no more after `step` steps, without a copy."""
    return Snapshot(step, model.state_dict())


def take_snapshot(step: int, model: VisionTransformer, dtype: torch.dtype = torch.float32) -> Snapshot:
    """Copy the weights of a model after `step` steps."""
    weights = {name: weight.detach().to(dtype, copy=True) for name, weight in model.state_dict().items()}
    return Snapshot(step, weights)


def snapshot_steps(steps: int, weights: int) -> frozenset[int]:
    """Choose the steps, of `steps`, after which to copy a model of `weights` parameters.

    Their distances grow geometrically from 0 to `steps`, because a model learns most in its first steps.
    """
    count = min(max(MAX_BYTES // (2 * weights), MIN_SNAPSHOTS), MAX_SNAPSHOTS)
    return frozenset(round((steps + 1) ** (index / (count - 1))) - 1 for index in range(count))
