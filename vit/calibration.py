"""How sure a reading is: calibrated probabilities, and one number for how little a picture looks like a digit.

A softmax cannot say "none of these": it is nearly certain of most scribbles too. So three other things are asked, each
of which misses what another finds, and their sum is ranked among digits that the model has never learned from:

- the energy, how loud the logits are (Liu et al. 2020, equation 4);
- the tokens: are they more like those of some class of digits or like those of non-digits? Gaussians with a mean for
  every class and one covariance (Lee et al. 2018, section 2.1) against a Gaussian of non-digits, after the idea of
  Ren et al. 2021, section 3;
- the picture itself, seen coarsely: a Gaussian for every class. What a model has learned to overlook is still there.

`train.evaluation.calibrate` fits all of it. Whatever is not fitted is never in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from vit.config import ViTConfig
from vit.trace import Trace, pool_tokens
from vit.validation import check_range

COARSE = 14  # cells a side of the picture as it is seen coarsely


@dataclass(frozen=True, eq=False)
class OODDetector:
    """What digits are like. R and Q are how many directions are looked along in the tokens and in the coarse picture.

    Attributes:
        weights: (3,), of the energy, of the tokens and of the picture in their sum.
        ranks: (S,), that sum for validation digits, from the least strange to the strangest, at even shares of them.
        axes: (F, R), directions in the tokens' features along which digits of one class vary by 1.
        digits: (K, R), the classes' means along them.
        others: (R,), the non-digits' mean along them.
        spread: (R,), the non-digits' variance along them, which is independent from axis to axis.
        view: (COARSE**2, Q), directions in the coarse picture.
        shapes: (K, Q), the classes' means along them.
        whiten: (K, Q, Q), each class's own map to a variance of 1 in all directions.
        volume: (K,), the logarithm of the volume that each class spreads over, in units of half a squared distance.

    Raises:
        ValueError: a tensor is not float32, not finite, or does not fit the others; the message names it.
    """

    weights: Tensor
    ranks: Tensor
    axes: Tensor
    digits: Tensor
    others: Tensor
    spread: Tensor
    view: Tensor
    shapes: Tensor
    whiten: Tensor
    volume: Tensor

    def __post_init__(self) -> None:
        K, R, Q = len(self.digits), self.axes.shape[-1], self.view.shape[-1]
        expected = {
            "weights": (3,),
            "ranks": (max(2, self.ranks.numel()),),
            "axes": (len(self.axes), R),
            "digits": (K, R),
            "others": (R,),
            "spread": (R,),
            "view": (COARSE**2, Q),
            "shapes": (K, Q),
            "whiten": (K, Q, Q),
            "volume": (K,),
        }
        for name, shape in expected.items():
            found = getattr(self, name)
            if found.shape != shape or found.dtype != torch.float32:
                raise ValueError(f"{name} must be {shape} float32, got {tuple(found.shape)} {found.dtype}")
            if not found.isfinite().all():
                raise ValueError(f"{name} must be finite numbers")
        if (self.spread <= 0).any() or (self.ranks.diff() < 0).any():
            raise ValueError("spread must be positive, and ranks must not fall")

    def check(self, config: ViTConfig) -> None:
        """Raise a `ValueError` unless this was fitted to a model of this shape."""
        fits = {"axes": (config.depth + 1) * config.embed_dim, "digits": config.num_classes}
        for name, length in fits.items():
            if len(getattr(self, name)) != length:
                raise ValueError(f"{name} must be {length} long for this model, got {len(getattr(self, name))}")

    def score(self, trace: Trace, images: Tensor) -> Tensor:
        """Return how little each image looks like a digit (B,), in a unit of its own; larger is stranger."""
        parts = [energy(trace.logits), self.tokens(features(trace)), self.picture(coarse(images))]
        return torch.stack(parts, dim=-1) @ self.weights  # (B,)

    def tokens(self, features: Tensor) -> Tensor:
        """Return how much more like non-digits than like digits the features (B, F) are: (B,), squared distances."""
        seen = features @ self.axes  # (B, R)
        near = (seen[:, None] - self.digits).square().sum(dim=-1).amin(dim=-1)  # (B,)
        return near - ((seen - self.others).square() / self.spread).sum(dim=-1)

    def picture(self, cells: Tensor) -> Tensor:
        """Return how far the coarse pictures (B, COARSE**2) are from the nearest class: (B,), a squared distance."""
        apart = (cells @ self.view)[:, None] - self.shapes  # (B, K, Q)
        apart = torch.einsum("bkq,kqr->bkr", apart, self.whiten)  # (B, K, Q)
        return (apart.square().sum(dim=-1) + self.volume).amin(dim=-1)


@dataclass(frozen=True, eq=False)
class Calibration:
    """What a reading is worth. As it comes, without a fit: the plain softmax, and never in doubt.

    Attributes:
        temperature: by which the logits are divided (Guo et al. 2017, section 4.2).
        threshold: the doubt, in [0, 1], above which a picture is not taken for a digit.
        ood_detector: what digits are like to this model; None where that was not fitted.

    Raises:
        ValueError: the temperature is not positive, or the threshold not in [0, 1].
    """

    temperature: float = 1.0
    threshold: float = 1.0
    ood_detector: OODDetector | None = None

    def __post_init__(self) -> None:
        check_range("temperature", self.temperature, 0, low_open=True)
        check_range("threshold", self.threshold, 0, 1)

    def probs(self, logits: Tensor) -> Tensor:
        """Return calibrated class probabilities (B, K), rows summing to 1."""
        return (logits / self.temperature).softmax(dim=-1)

    def ood_score(self, trace: Trace, images: Tensor) -> Tensor:
        """Return what share of validation digits look more like a digit than each image does: (B,) in [0, 1].

        0.5 is a digit like any other; 1 is stranger than all of them.

        Args:
            trace: what the model saw of the images.
            images: the same (B, C, H, W) in [0, 1].
        """
        if self.ood_detector is None:
            return torch.zeros(len(images), device=images.device)
        return rank(self.ood_detector.score(trace, images), self.ood_detector.ranks)

    def in_distribution(self, trace: Trace, images: Tensor) -> Tensor:
        """Tell which of the images look enough like a digit to be read as one: (B,) bool; arguments as in `doubt`."""
        return self.ood_score(trace, images) <= self.threshold


TENSORS = tuple(field.name for field in fields(OODDetector))


def energy(logits: Tensor) -> Tensor:
    """Return the energy of logits (B, K), nats: (B,), low where some class speaks up."""
    return -logits.logsumexp(dim=-1)


def features(trace: Trace) -> Tensor:
    """Gather what tells digits from other things: (B, F), the last cls token, normed, and each block's mean patch.

    Where the answer is read from the mean of the patches, that stands for the cls token.
    """
    cls = pool_tokens(F.layer_norm(trace.tokens[-1], trace.tokens.shape[-1:]), trace.pool)  # (B, D)
    return torch.cat([cls, *trace.tokens[:, :, 1:].mean(dim=2)], dim=-1)  # (B, (L + 1) * D)


def coarse(images: Tensor) -> Tensor:
    """See images (B, C, H, W) in COARSE x COARSE cells, (B, COARSE**2)."""
    return F.adaptive_avg_pool2d(images.mean(dim=1), COARSE).flatten(1)


def rank(values: Tensor, ranks: Tensor) -> Tensor:
    """Return the share of `ranks` (S,), which do not fall, below each of `values` (B,); between two, in proportion."""
    steps = len(ranks) - 1
    below = (torch.searchsorted(ranks, values, right=True) - 1).clamp(0, steps - 1)  # (B,)
    start, end = ranks[below], ranks[below + 1]
    part = ((values - start) / (end - start).clamp_min(torch.finfo(ranks.dtype).tiny)).clamp(0, 1)
    return (below + part) / steps
