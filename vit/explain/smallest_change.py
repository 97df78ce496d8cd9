"""The least ink, added or taken away, that turns the answer into another class: found by a search, not proven least.

Ink is counted in pixels of full ink: the sum of the absolute differences of two images in [0, 1] (their L1 distance).

- A step adds one dot of ink or rubs one out: a single pixel, or a dot of a pen. The next step is the one with the
  largest gain of the target's log-odds per ink. The gradient chooses `CANDIDATES` of all dots, and each of these is
  read. For a linear model, this order is the best one (a fractional knapsack).
- Then steps that are not needed are taken back, and the one that saves most is made weaker.
- All images have 256 grey levels, so that a file or a browser has exactly the image that was read.

The exact answer for whole patches is in `vit.explain.smallest_erasure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate
from math import inf

import torch
import torch.nn.functional as F
from torch import Tensor

from vit.explain.decisive_sets import margin
from vit.explain.explained import check_differentiable, checked_target, explanation
from vit.explain.masking import Progress, log_odds
from vit.model import VisionTransformer
from vit.validation import check_choice

BRUSHES = {
    "pixel": ((1.0,),),
    "pen": ((0.3, 0.8, 0.3), (0.8, 1.0, 0.8), (0.3, 0.8, 0.3)),  # about as wide as a stroke in MNIST
}
MAX_STEPS = 48
CANDIDATES = 32  # dots that are read before each step
LEAST_INK = 0.1  # of a step: less ink is dust
LIKELIEST = 3  # other classes that are tried where any will do
STRENGTHS = 16  # parts of a step's strength that are tried when it is made weaker
LEVELS = 255  # grey levels above 0


@dataclass(frozen=True, eq=False)
class Change:
    """A change of an image, step by step.

    Attributes:
        images: (S + 1, C, H, W) in [0, 1], the image before the first step and after each.
        target: the class that the last image is meant to be read as.
        reached: whether it is.
    """

    images: Tensor
    target: int
    reached: bool

    @property
    def added(self) -> Tensor:
        """Added ink (C, H, W) in [0, 1]."""
        return (self.images[-1] - self.images[0]).clamp(min=0)

    @property
    def removed(self) -> Tensor:
        """Removed ink (C, H, W) in [0, 1]."""
        return (self.images[0] - self.images[-1]).clamp(min=0)

    @property
    def ink(self) -> float:
        """Ink that is added or removed, in pixels of full ink."""
        return float((self.added + self.removed).sum())


@dataclass(frozen=True)
class Step:
    """One dot of ink that is added, or rubbed out, with a strength in (0, 1]."""

    row: int
    column: int
    adds: bool
    strength: float = 1.0


@explanation
def smallest_change(
    model: VisionTransformer,
    image: Tensor,
    target: int,
    brush: str = "pixel",
    *,
    most: float = inf,
    progress: Progress | None = None,
) -> Change:
    """Search for the smallest change of an image that turns the answer into `target`.

    Args:
        image: (C, H, W) in [0, 1]; it is rounded to 256 grey levels first.
        target: another class than the answer.
        brush: one of `BRUSHES`.
        most: the search gives up beyond this much ink, in pixels.
        progress: called with the steps done and their largest number.

    Raises:
        ValueError: an argument is outside what is named here.
    """
    check_differentiable(model)
    check_choice("brush", brush, tuple(BRUSHES))
    search = Search(model, grey(image), checked_target(model, target), image.new_tensor(BRUSHES[brush]))
    if search.turned(search.image[None])[0]:
        raise ValueError(f"target must be another class than the answer, got {target}")
    steps, reached = search.grow(most, progress)
    if reached:
        steps = search.prune(search.trim(search.prune(steps)))
    return Change(torch.stack(search.replay(steps)), search.target, reached)


@explanation
def easiest_change(
    model: VisionTransformer, image: Tensor, brush: str = "pixel", classes: int = LIKELIEST
) -> Change | None:
    """Search for the smallest change that turns the answer into any other class; None if none is found.

    Its ink says how robust the answer to this image is. Each search gives up where it needs more ink than the least so
    far.

    Args:
        classes: so many other classes are tried, those with the largest logits.

    Raises:
        ValueError: an argument is outside what `smallest_change` allows.
    """
    _, *others = model(grey(image)[None])[0].argsort(descending=True).tolist()
    best = None
    for target in others[:classes]:
        found = smallest_change(model, grey(image), target, brush, most=best.ink if best else inf)
        if found.reached and (best is None or found.ink < best.ink):
            best = found
    return best


@dataclass(frozen=True, eq=False)
class Search:
    """A search for a change of `image` (C, H, W) to `target`, with a `dot` (side, side) of ink in [0, 1]."""

    model: VisionTransformer
    image: Tensor
    target: int
    dot: Tensor

    def turned(self, images: Tensor) -> Tensor:
        """Tell which images (B, C, H, W) are read as the target, (B,) bool."""
        return margin(self.model(images), self.target) > 0

    def grow(self, most: float, progress: Progress | None) -> tuple[list[Step], bool]:
        """Add steps until the image is read as the target; return them, and whether it is."""
        steps, image = [], self.image
        while not self.turned(image[None])[0]:
            step = self.best_step(image)
            if step is None or len(steps) == MAX_STEPS:
                return steps, False
            image = self.after(image, step)
            if float((image - self.image).abs().sum()) > most:
                return steps, False
            steps.append(step)
            if progress:
                progress(len(steps), MAX_STEPS)
        return steps, True

    def best_step(self, image: Tensor) -> Step | None:
        """Return the step with the largest gain of log-odds per ink; None if no candidate gains anything."""
        rates = self.rates(image)  # (2 * H*W,)
        steps = [self.step(move) for move in rates.topk(min(CANDIDATES, len(rates))).indices.tolist()]
        images = torch.stack([image, *(self.after(image, step) for step in steps)])
        ink = (images[1:] - image).abs().flatten(1).sum(dim=1)
        values = log_odds(self.model(images), self.target)
        gains = ((values[1:] - values[0]) / ink).masked_fill(ink < LEAST_INK, -inf)
        return steps[int(gains.argmax())] if gains.max() > 0 else None

    def rates(self, image: Tensor) -> Tensor:
        """Estimate the gain of each dot per ink, by the gradient: first if it is added, then if it is removed.

        Returns:
            (2 * H*W,), in nats per pixel of ink; -inf for less than `LEAST_INK`.
        """
        slopes = self.windows(self.slope(image), 0).repeat(1, 2)
        dot = self.dot.flatten().repeat(len(image))[:, None]  # (C * side**2, 1)
        added = (dot - self.windows(image, 1)).clamp(min=0)
        removed = (dot - 1 + self.windows(image, 0)).clamp(min=0)
        moves = torch.cat([added, -removed], dim=1)  # (C * side**2, 2 * H*W)
        ink = moves.abs().sum(dim=0)
        return ((moves * slopes).sum(dim=0) / ink).masked_fill(ink < LEAST_INK, -inf)

    def windows(self, image: Tensor, border: float) -> Tensor:
        """Return the pixels below a dot at each place of an image (C, H, W): (C * side**2, H*W)."""
        side = len(self.dot)
        return F.unfold(F.pad(image[None], [side // 2] * 4, value=border), side)[0]

    def step(self, move: int) -> Step:
        """Return the step with this number in `rates`."""
        place = move % self.image[0].numel()
        return Step(*divmod(place, self.image.shape[2]), move == place)

    @torch.enable_grad()
    def slope(self, image: Tensor) -> Tensor:
        """Return the gradient of the target's log-odds at an image, (C, H, W), in nats per pixel."""
        leaf = image.clone().requires_grad_()
        return torch.autograd.grad(log_odds(self.model(leaf[None]), self.target)[0], leaf)[0]

    def after(self, images: Tensor, step: Step) -> Tensor:
        """Return images (..., C, H, W) after a step."""
        return grey(images + step.strength * self.move(images, step))

    def move(self, images: Tensor, step: Step) -> Tensor:
        """Return what a step of full strength changes in images (..., C, H, W)."""
        dot = self.stamp(step)
        return (dot - images).clamp(min=0) if step.adds else -(dot - 1 + images).clamp(min=0)

    def stamp(self, step: Step) -> Tensor:
        """Return the dot at its place, (H, W); what lies outside the image is cut off."""
        side = len(self.dot)
        H, W = self.image.shape[1:]
        sheet = self.dot.new_zeros(H + side - 1, W + side - 1)
        sheet[step.row : step.row + side, step.column : step.column + side] = self.dot
        return sheet[side // 2 : side // 2 + H, side // 2 : side // 2 + W]

    def replay(self, steps: Sequence[Step]) -> list[Tensor]:
        """Return the image (C, H, W) before the first step and after each."""
        return list(accumulate(steps, self.after, initial=self.image))

    def prune(self, steps: list[Step]) -> list[Step]:
        """Take back steps that are not needed, until each one is."""
        while True:
            before = self.replay(steps)
            images = [reduce(self.after, steps[at + 1 :], before[at]) for at in range(len(steps))]
            spared = self.least(torch.stack(images))
            if spared is None:
                return steps
            steps = [*steps[:spared], *steps[spared + 1 :]]

    def trim(self, steps: list[Step]) -> list[Step]:
        """Make one step weaker: the one with which most ink is saved."""
        before, shares = self.replay(steps), torch.arange(1, STRENGTHS) / STRENGTHS
        images = []
        for at, step in enumerate(steps):
            weaker = grey(before[at] + shares.to(before[at])[:, None, None, None] * self.move(before[at], step))
            images.append(reduce(self.after, steps[at + 1 :], weaker))  # (STRENGTHS - 1, C, H, W)
        best = self.least(torch.cat(images))
        if best is None:
            return steps
        at, part = divmod(best, len(shares))
        return [*steps[:at], replace(steps[at], strength=float(shares[part])), *steps[at + 1 :]]

    def least(self, images: Tensor) -> int | None:
        """Return the number of the image with the least change among those that turn the answer; None if none does."""
        ink = (images - self.image).abs().flatten(1).sum(dim=1).masked_fill(~self.turned(images), inf)
        return int(ink.argmin()) if ink.min() < inf else None


def grey(image: Tensor) -> Tensor:
    """Round pixels in [0, 1] to 256 grey levels."""
    return (image * LEVELS).round() / LEVELS
