"""Frames of a training: the weights as they were at moments along the way, few and small, most of them early."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from vit import VisionTransformer, ViTConfig

FRAMES = 32  # at most
BYTES = 20_000_000  # that the frames of one training may take
FEWEST = 6  # frames even of a large model
KEPT_AS = torch.float16  # half of the memory; a weight is off by a two thousandth of itself at most


@dataclass(frozen=True)
class Frame:
    """A model as it was after `step` steps."""

    step: int
    weights: dict[str, Tensor]

    def model(self, config: ViTConfig) -> VisionTransformer:
        """Return it, ready to read; a frame kept in half precision gives weights that are rounded so."""
        with torch.device("meta"):
            model = VisionTransformer(config)
        model.load_state_dict({name: weight.float() for name, weight in self.weights.items()}, assign=True)
        if model.pos_embed.is_meta:  # a model without positions has zeros there, which nobody saves
            model.register_buffer("pos_embed", torch.zeros(model.pos_embed.shape), persistent=False)
        return model.eval().requires_grad_(False)


@dataclass
class Film:
    """The frames that were kept of one training, in order. It is only added to, so that any thread may look."""

    moments: frozenset[int] = frozenset()
    frames: list[Frame] = field(default_factory=list)

    def offer(self, step: int, model: VisionTransformer, last: bool = False) -> None:
        """Keep the model if this is one of the moments, or the last one."""
        seen = self.frames[-1].step if self.frames else -1
        if step > seen and (last or step in self.moments):
            self.frames.append(taken(step, model, KEPT_AS))


def taken(step: int, model: VisionTransformer, dtype: torch.dtype = torch.float32) -> Frame:
    """Copy the weights of a model."""
    return Frame(step, {name: weight.detach().to(dtype, copy=True) for name, weight in model.state_dict().items()})


def moments(steps: int, weights: int) -> frozenset[int]:
    """Return after which of `steps` steps a model of so many weights is kept.

    Before the first and after the first few, then at ever longer distances, each a fixed share longer than the one
    before: a model learns most in its first steps.
    """
    count = min(max(BYTES // (2 * weights), FEWEST), FRAMES)
    return frozenset(round((steps + 1) ** (at / (count - 1))) - 1 for at in range(count))
