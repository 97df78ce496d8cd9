"""The fewest patches whose erasure turns the answer into another class: exact, over all sets in order of their size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb, inf

import torch
from torch import Tensor

from vit.explain.coalitions import MAX_MASKABLE
from vit.explain.decisive_sets import margin
from vit.explain.explained import checked_target, explanation
from vit.explain.masking import MaskedModel, Progress
from vit.explain.smallest_change import Change
from vit.model import VisionTransformer

MAX_SETS = 2**MAX_MASKABLE  # as many as `coalitions` reads


@dataclass(frozen=True, eq=False)
class Erasure(Change):
    """The erasure of patches, one a step; without a step if no set was found.

    Attributes:
        patches: (S,), numbers of the patches, row by row from 0, ascending.
        searched: all sets of up to this many patches were read. Smaller sets than the one found do not exist.
        inked: number of the patches with ink.
    """

    patches: Tensor
    searched: int
    inked: int


@explanation
def smallest_erasure(
    model: VisionTransformer,
    image: Tensor,
    target: int | None = None,
    limit: int = MAX_SETS,
    progress: Progress | None = None,
) -> Erasure:
    """Find the smallest set of patches whose erasure turns the answer into `target`; of several, that with least ink.

    Sets are read by size, the smallest first; patches without ink are left out.

    Args:
        image: (C, H, W) in [0, 1].
        target: another class than the answer; None for any.
        limit: read at most this many sets; a size that does not fit as a whole is not read.
        progress: called with the sets read and their largest number.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    masked = MaskedModel(model, image, "erased")
    inked, answer = len(masked.maskable), int(model(image[None]).argmax())
    if target is not None and checked_target(model, target) == answer:
        raise ValueError(f"target must be another class than the answer, got {target}")
    ink = model.patch_embed.patches(image[None])[0].sum(dim=1)[masked.maskable]  # (n,)
    searched = 0
    for searched, erased in sets_by_size(inked, limit):
        logits = masked.logits(present_without(erased, inked), within(progress, searched, inked, limit))
        wins = margin(logits, target) > 0 if target is not None else logits.argmax(dim=-1) != answer
        if wins.any():
            best = int(ink[erased].sum(dim=1).masked_fill(~wins, inf).argmin())
            patches, reached_as = masked.maskable[erased[best]], int(logits[best].argmax())
            return Erasure(erase_one_by_one(model, image, patches), reached_as, True, patches, searched, inked)
    nothing = torch.zeros(0, dtype=torch.long)
    return Erasure(image[None], answer if target is None else target, False, nothing, searched, inked)


def sets_by_size(n: int, limit: int) -> Iterator[tuple[int, Tensor]]:
    """Yield each size k from 1 and all sets of k of n patches, (sets, k); at most `limit` sets in all."""
    for size in range(1, largest_size(n, limit) + 1):
        yield size, torch.tensor(list(combinations(range(n), size)))


def largest_size(n: int, limit: int) -> int:
    """Return the largest k for which the sets of 1 to k of n patches are at most `limit`."""
    size = 0
    while size < n and sets_up_to(n, size + 1) <= limit:
        size += 1
    return size


def sets_up_to(n: int, size: int) -> int:
    """Return the number of sets of 1 to `size` of n patches."""
    return sum(comb(n, k) for k in range(1, size + 1))


def present_without(erased: Tensor, n: int) -> Tensor:
    """Return coalitions (sets, n), True = visible, without the patches (sets, k) of each row."""
    return torch.ones(len(erased), n, dtype=torch.bool).scatter(1, erased, False)


def within(progress: Progress | None, size: int, n: int, limit: int) -> Progress | None:
    """Return the progress of all sizes for the readings of one size."""
    if progress is None:
        return None
    before, total = sets_up_to(n, size - 1), sets_up_to(n, largest_size(n, limit))
    return lambda done, _: progress(before + done, total)


def erase_one_by_one(model: VisionTransformer, image: Tensor, patches: Tensor) -> Tensor:
    """Return the image (C, H, W) and what is left of it after each patch, (k + 1, C, H, W)."""
    size, side = model.config.patch_size, model.config.grid_size
    images = [image]
    for patch in patches.tolist():
        row, column = (size * place for place in divmod(patch, side))
        image = image.clone()
        image[:, row : row + size, column : column + size] = 0
        images.append(image)
    return torch.stack(images)
