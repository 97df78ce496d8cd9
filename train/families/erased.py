"""Exact Shapley values of patches whose ink is erased, for any classifier: it is asked, and never looked into.

For a vision transformer these are the values of `vit.explain.shapley` with the mask mode `erased`, if the patches are
its own: the token of a patch without ink is that of a blank patch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from train.families.network import Classifier
from vit.explain.coalitions import MAX_MASKABLE, subsets
from vit.explain.masking import MaskedModel, Progress, log_odds
from vit.explain.shapley import estimate, shapley_values

SIDE = 7  # pixels of a patch
READ_AT_ONCE = 256  # images


@dataclass(frozen=True, eq=False)
class ErasedPatches:
    """A classifier in evaluation mode with one image (1, H, W) in [0, 1], whose patches can be erased.

    Attributes:
        side: pixels along one side of a patch.
    """

    model: Classifier
    image: Tensor
    side: int = SIDE

    @property
    def grid_size(self) -> int:
        """Patches along one side of the image."""
        return self.image.shape[-1] // self.side

    @property
    def maskable(self) -> Tensor:
        """Numbers (n,) of the patches with ink, row by row from 0."""
        G, P = self.grid_size, self.side
        inked = self.image.reshape(G, P, G, P).amax(dim=(1, 3)) > 0  # (G, G)
        return inked.flatten().nonzero()[:, 0]

    def images(self, present: Tensor) -> Tensor:
        """Return the images (B, 1, H, W) of coalitions (B, n), True = visible."""
        visible = self.image.new_zeros(len(present), self.grid_size**2)
        visible[:, self.maskable] = present.to(visible.dtype)
        masks = visible.view(-1, 1, self.grid_size, self.grid_size)
        return self.image * masks.repeat_interleave(self.side, 2).repeat_interleave(self.side, 3)

    def on_grid(self, values: Tensor) -> Tensor:
        """Arrange values (n,) of the maskable patches on the grid (G, G), 0 for the other patches."""
        grid = values.new_zeros(self.grid_size**2)
        grid[self.maskable] = values
        return grid.view(self.grid_size, self.grid_size).float()

    @torch.no_grad()
    def logits(self, present: Tensor, progress: Progress | None = None) -> Tensor:
        """Return the logits (B, K) of coalitions (B, n)."""
        parts = []
        for rows in present.split(READ_AT_ONCE):
            parts.append(self.model(self.images(rows)))
            if progress:
                progress(sum(map(len, parts)), len(present))
        return torch.cat(parts)


def erased_values(
    model: Classifier, image: Tensor, target: int, exact_up_to: int = MAX_MASKABLE
) -> tuple[Tensor, bool]:
    """Return the Shapley values (G, G) of an image (1, H, W) for `target`, in nats, and whether they are exact.

    With ink on more than `exact_up_to` patches they are estimated, as `vit.explain.shapley.estimate` does.
    """
    erased = ErasedPatches(model, image)
    if len(erased.maskable) <= exact_up_to:
        return erased_shapley(model, image, target), True
    values = estimate(cast(MaskedModel, erased), target).values  # it asks for nothing that `ErasedPatches` lacks
    return erased.on_grid(values), False


def erased_shapley(model: Classifier, image: Tensor, target: int, progress: Progress | None = None) -> Tensor:
    """Return the exact Shapley values (G, G) of the patches of an image (1, H, W) for `target`, in nats.

    A patch without ink has the value 0. The classifier reads 2**n images for n patches with ink.

    Raises:
        ValueError: more than `MAX_MASKABLE` patches have ink.
    """
    erased = ErasedPatches(model, image)
    n = len(erased.maskable)
    if n > MAX_MASKABLE:
        raise ValueError(f"all subsets can be read of at most {MAX_MASKABLE} patches, got {n}")
    values = shapley_values(log_odds(erased.logits(subsets(n), progress).double(), target))
    return erased.on_grid(values)
