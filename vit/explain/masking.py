"""Show a model only some of an image's patches: the question that every exact answer is made of.

Game theory calls the patches players, a set of them a coalition, and the model's answer for it the coalition's value.
There are two mask modes, and they ask different things:

- *unseen*: its token is not there, in no layer. What would the model say if it had never looked there?
- *erased*: its ink is gone and its token says "blank paper". What would it say if nothing were drawn there?
  A patch without ink changes nothing then, so that only the inked ones are players.
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
TOKENS_AT_ONCE = 4096  # what a core then works on stays in its cache, and the calls do not count beside the work

Progress = Callable[[int, int], object]  # coalitions read, of how many


class MaskedModel:
    """Ask a model about coalitions of the patches of one image (C, H, W) in [0, 1].

    Attributes:
        players: (n,), the patches that may be missing, numbered row by row from 0, ascending.

    Raises:
        ValueError: the image does not fit the model, or there is no such mask_mode.
    """

    def __init__(self, model: VisionTransformer, image: Image, mask_mode: str = "unseen") -> None:
        check_choice("mask_mode", mask_mode, MASK_MODES)
        self.model, self.mask_mode = model, mask_mode
        with torch.inference_mode(False), torch.no_grad():
            image = checked_image(model, image)
            self.embedded, self.blank = model.embed(torch.stack([image, torch.zeros_like(image)]))  # (N, D) each
        inked = (model.patch_embed.patches(image[None])[0] != 0).any(dim=1)  # (G*G,)
        self.maskable = torch.arange(len(inked)) if mask_mode == "unseen" else inked.nonzero()[:, 0].cpu()

    def logits(self, present: Tensor, progress: Progress | None = None, threads: int = 1) -> Tensor:
        """Return the logits (B, K) for coalitions (B, n), True where a player is there; `threads` share the work."""
        logits, done = self.embedded.new_empty(len(present), self.model.config.num_classes), 0
        batches = self.batches(present)
        with shared_by(threads) as each:
            for rows, read in zip(batches, each(self.read, (present[rows] for rows in batches)), strict=True):
                logits[rows] = read
                done += len(rows)
                if progress:
                    progress(done, len(present))
        return logits

    @torch.no_grad()
    def read(self, present: Tensor) -> Tensor:
        """Return the logits (B, K) for coalitions (B, n) of equally many tokens."""
        return in_evaluation_mode(self.model).encode(self.tokens(present))

    def batches(self, present: Tensor) -> list[Tensor]:
        """Put coalitions together that have equally many tokens, as many as are good to read at once."""
        num_tokens = present.sum(dim=1) + 1
        if self.mask_mode == "erased":
            num_tokens = torch.full_like(num_tokens, len(self.embedded))
        batches = []
        for count in num_tokens.unique().tolist():
            batches += (num_tokens == count).nonzero()[:, 0].split(max(1, TOKENS_AT_ONCE // count))
        return batches

    def tokens(self, present: Tensor) -> Tensor:
        """Return the tokens (B, M, D) of coalitions (B, n), all of one size where a missing patch has none."""
        B = len(present)
        if self.mask_mode == "erased":
            tokens = self.blank.repeat(B, 1, 1)  # (B, N, D)
            coalition, player = present.nonzero(as_tuple=True)
            place = 1 + self.maskable[player]
            tokens[coalition, place] = self.embedded[place]
            return tokens
        kept = self.maskable[present.nonzero()[:, 1]].view(B, -1)  # (B, k)
        places = torch.cat([torch.zeros(B, 1, dtype=torch.long), 1 + kept], dim=1)  # (B, 1 + k), cls first
        return self.embedded[places]

    def on_grid(self, values: Tensor) -> Tensor:
        """Lay the players' values (n,) out as the patches lie in the image, (G, G), 0 for who is no player."""
        G = self.model.config.grid_size
        grid = values.new_zeros(G * G)
        grid[self.maskable] = values
        return grid.view(G, G)


@contextmanager
def shared_by(threads: int) -> Iterator[Callable[..., Iterable[Tensor]]]:
    """Give a `map` of which so many threads share the work; for one, none is started."""
    if threads == 1:
        yield map
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)  # whoever hears of progress may end it


def log_odds(logits: Tensor, target: int) -> Tensor:
    """Return how surely logits (..., K) mean `target`: the log-odds log p / (1 - p), (...,), in nats.

    0 is as likely as not. Unlike the probability it does not flatten where the model is sure, and unlike the logit
    alone it tells what speaks for the target from what speaks for every class alike.
    """
    others = logits.clone()
    others[..., target] = -inf
    return logits[..., target] - others.logsumexp(dim=-1)
