"""Run a model on some patches of an image and mask the others.

A coalition is a set of visible patches. There are two mask modes:

- `unseen`: a masked patch has no token in any layer. All patches are maskable.
- `erased`: a masked patch has the token of a blank patch. Only patches with ink are maskable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import inf

import torch
from torch import Tensor

from vit.explain.explained import Image, checked_image, in_evaluation_mode
from vit.model import VisionTransformer
from vit.validation import check_choice

MASK_MODES = ("unseen", "erased")
TOKENS_AT_ONCE = 4096  # fits a core's cache; large enough that the calls' overhead does not matter

Progress = Callable[[int, int], object]  # coalitions done, total


class MaskedModel:
    """A model with one image (C, H, W) in [0, 1], for coalitions of its patches.

    Args:
        only_ink: in mode `unseen`, make only the patches with ink maskable; the others are always visible.

    Attributes:
        maskable: (n,), the numbers of the maskable patches, row by row from 0, ascending.
        always: (A,), those of the other patches: always visible, or always blank in mode `erased`.

    Raises:
        ValueError: the image does not fit the model, or there is no such mask mode.
    """

    def __init__(
        self, model: VisionTransformer, image: Image, mask_mode: str = "unseen", *, only_ink: bool = False
    ) -> None:
        check_choice("mask_mode", mask_mode, MASK_MODES)
        self.model, self.mask_mode = model, mask_mode
        with torch.inference_mode(False), torch.no_grad():
            image = checked_image(model, image)
            self.embedded, self.blank = model.embed(torch.stack([image, torch.zeros_like(image)]))  # (N, D) each
        inked = (model.patch_embed.patches(image[None])[0] != 0).any(dim=1)  # (G*G,)
        can_miss = inked.cpu() if only_ink or mask_mode == "erased" else torch.ones(len(inked), dtype=torch.bool)
        self.maskable, self.always = can_miss.nonzero()[:, 0], (~can_miss).nonzero()[:, 0]

    def logits(self, present: Tensor, progress: Progress | None = None, threads: int = 1) -> Tensor:
        """Return the logits (B, K) for coalitions (B, n), True = visible; `threads` share the work."""
        logits, done = self.embedded.new_empty(len(present), self.model.config.num_classes), 0
        batches = self.batches(present)
        with parallel_map(threads) as each:
            for rows, part in zip(batches, each(self.encode, (present[rows] for rows in batches)), strict=True):
                logits[rows] = part
                done += len(rows)
                if progress:
                    progress(done, len(present))
        return logits

    @torch.no_grad()
    def encode(self, present: Tensor) -> Tensor:
        """Return the logits (B, K) for coalitions (B, n) with the same number of tokens."""
        return in_evaluation_mode(self.model).encode(self.tokens(present))

    def batches(self, present: Tensor) -> list[Tensor]:
        """Group the rows of coalitions (B, n) with the same number of tokens, up to `TOKENS_AT_ONCE` tokens."""
        num_tokens = 1 + len(self.always) + present.sum(dim=1)
        if self.mask_mode == "erased":
            num_tokens = torch.full_like(num_tokens, len(self.embedded))
        batches = []
        for count in num_tokens.unique().tolist():
            batches += (num_tokens == count).nonzero()[:, 0].split(max(1, TOKENS_AT_ONCE // count))
        return batches

    def tokens(self, present: Tensor) -> Tensor:
        """Return the tokens (B, M, D) of coalitions (B, n); in mode `unseen` all have the same size."""
        B = len(present)
        if self.mask_mode == "erased":
            tokens = self.blank.repeat(B, 1, 1)  # (B, N, D)
            coalition, patch = present.nonzero(as_tuple=True)
            place = 1 + self.maskable[patch]
            tokens[coalition, place] = self.embedded[place]
            return tokens
        visible = self.maskable[present.nonzero()[:, 1]].view(B, -1)  # (B, V)
        always = torch.cat([torch.zeros(1, dtype=torch.long), 1 + self.always]).repeat(B, 1)  # (B, 1 + A), cls first
        places = torch.cat([always, 1 + visible], dim=1)  # (B, 1 + A + V)
        return self.embedded[places]

    def on_grid(self, values: Tensor) -> Tensor:
        """Arrange values (n,) of the maskable patches on the grid (G, G), 0 for the other patches."""
        G = self.model.config.grid_size
        grid = values.new_zeros(G * G)
        grid[self.maskable] = values
        return grid.view(G, G)


@contextmanager
def parallel_map(threads: int) -> Iterator[Callable[..., Iterable[Tensor]]]:
    """Yield a `map` that runs in this many threads; the built-in one for 1."""
    if threads == 1:
        yield map
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)  # a progress callback may raise to cancel


def log_odds(logits: Tensor, target: int) -> Tensor:
    """Log-odds of `target`, log p / (1 - p), (...,), in nats, from logits (..., K).

    0 means p = 0.5. Unlike the probability, it does not saturate near 1; unlike the logit, it ignores what raises all
    classes alike.
    """
    others = logits.clone()
    others[..., target] = -inf
    return logits[..., target] - others.logsumexp(dim=-1)
