"""Calibrated probabilities and an out-of-distribution (OOD) score for non-digits.

A softmax cannot say "none of these": it is nearly certain of most scribbles too. The OOD score adds three statistics,
each of which misses what another finds, and ranks the sum among validation digits:

- the energy of the logits (Liu et al. 2020, equation 4);
- the tokens: a Gaussian for each class with one shared covariance (Lee et al. 2018, section 2.1), compared with a
  Gaussian of non-digits (after Ren et al. 2021, section 3);
- the image in 14x14 cells: a Gaussian for each class. It still has what the model has learned to ignore.

`train.evaluation.calibrate` fits them. Without a fit, everything counts as in distribution.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from vit.config import ViTConfig
from vit.trace import Trace, pool_tokens
from vit.validation import check_range

COARSE = 14  # cells per side of the downsampled image


@dataclass(frozen=True, eq=False)
class OODDetector:
    """Statistics of digits and non-digits. R and Q are the numbers of directions in token features and coarse images.

    Attributes:
        weights: (3,), of energy, tokens and image in their sum.
        ranks: (S,), quantiles of that sum over validation digits, ascending, evenly spaced.
        axes: (F, R), directions in the token features, scaled to a variance of 1 within a class.
        digits: (K, R), mean of each class along these axes.
        others: (R,), mean of the non-digits.
        spread: (R,), variance of the non-digits, independent for each axis.
        view: (COARSE**2, Q), directions in the coarse image.
        shapes: (K, Q), mean of each class along these.
        whiten: (K, Q, Q), whitening matrix of each class.
        volume: (K,), log-determinant of each class's covariance.

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
            tensor = getattr(self, name)
            if tensor.shape != shape or tensor.dtype != torch.float32:
                raise ValueError(f"{name} must be {shape} float32, got {tuple(tensor.shape)} {tensor.dtype}")
            if not tensor.isfinite().all():
                raise ValueError(f"{name} must be finite numbers")
        if (self.spread <= 0).any() or (self.ranks.diff() < 0).any():
            raise ValueError("spread must be positive, and ranks ascending")

    def check(self, config: ViTConfig) -> None:
        """Raise a `ValueError` if this was fitted to a model of another shape."""
        fits = {"axes": (config.depth + 1) * config.embed_dim, "digits": config.num_classes}
        for name, length in fits.items():
            if len(getattr(self, name)) != length:
                raise ValueError(f"{name} must be {length} long for this model, got {len(getattr(self, name))}")

    def score(self, trace: Trace, images: Tensor) -> Tensor:
        """Return the raw OOD score (B,), larger for less digit-like images; `Calibration.ood_score` has a unit."""
        parts = [energy(trace.logits), self.tokens(features(trace)), self.image(coarse(images))]
        return torch.stack(parts, dim=-1) @ self.weights  # (B,)

    def tokens(self, features: Tensor) -> Tensor:
        """Return the distance to the nearest class minus that to the non-digits, for features (B, F): (B,), squared."""
        projected = features @ self.axes  # (B, R)
        nearest = (projected[:, None] - self.digits).square().sum(dim=-1).amin(dim=-1)  # (B,)
        return nearest - ((projected - self.others).square() / self.spread).sum(dim=-1)

    def image(self, cells: Tensor) -> Tensor:
        """Return the squared Mahalanobis distance of coarse images (B, COARSE**2) to the nearest class: (B,)."""
        apart = (cells @ self.view)[:, None] - self.shapes  # (B, K, Q)
        apart = torch.einsum("bkq,kqr->bkr", apart, self.whiten)  # (B, K, Q)
        return (apart.square().sum(dim=-1) + self.volume).amin(dim=-1)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Temperature, OOD detector and threshold of a model. The defaults belong to an unfitted model.

    Attributes:
        temperature: divides the logits (Guo et al. 2017, section 4.2).
        threshold: largest OOD score, in [0, 1], that still counts as in distribution.
        ood_detector: None if it was not fitted.

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
        """Return the share of validation digits with a lower raw OOD score than each image: (B,) in [0, 1].

        A typical digit has 0.5; 1 is less like a digit than all of them.

        Args:
            trace: of the same images.
            images: (B, C, H, W) in [0, 1].
        """
        if self.ood_detector is None:
            return torch.zeros(len(images), device=images.device)
        return rank(self.ood_detector.score(trace, images), self.ood_detector.ranks)

    def in_distribution(self, trace: Trace, images: Tensor) -> Tensor:
        """Tell which images are in distribution, (B,) bool; arguments as in `ood_score`."""
        return self.ood_score(trace, images) <= self.threshold


TENSORS = tuple(field.name for field in fields(OODDetector))


def energy(logits: Tensor) -> Tensor:
    """Return the energy of logits (B, K) in nats, (B,): low if some class has a high logit."""
    return -logits.logsumexp(dim=-1)


def features(trace: Trace) -> Tensor:
    """Return token features (B, F): the last cls token, normed, and the mean patch token of each block.

    A model with mean pooling has the mean of its patch tokens in place of the cls token.
    """
    cls = pool_tokens(F.layer_norm(trace.tokens[-1], trace.tokens.shape[-1:]), trace.pool)  # (B, D)
    return torch.cat([cls, *trace.tokens[:, :, 1:].mean(dim=2)], dim=-1)  # (B, (L + 1) * D)


def coarse(images: Tensor) -> Tensor:
    """Downsample images (B, C, H, W) to COARSE x COARSE cells, (B, COARSE**2)."""
    return F.adaptive_avg_pool2d(images.mean(dim=1), COARSE).flatten(1)


def rank(values: Tensor, ranks: Tensor) -> Tensor:
    """Return the quantile of each of `values` (B,) among ascending `ranks` (S,), in [0, 1], linearly interpolated."""
    steps = len(ranks) - 1
    below = (torch.searchsorted(ranks, values, right=True) - 1).clamp(0, steps - 1)  # (B,)
    start, end = ranks[below], ranks[below + 1]
    part = ((values - start) / (end - start).clamp_min(torch.finfo(ranks.dtype).tiny)).clamp(0, 1)
    return (below + part) / steps
