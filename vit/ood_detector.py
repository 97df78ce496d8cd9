"""Out-of-distribution (OOD) detector: how little an image looks like a digit.

A softmax cannot say "none of these": it is nearly certain of most scribbles too. The raw score adds three statistics,
each of which misses what another finds:

- the energy of the logits (Liu et al. 2020, equation 4);
- the tokens: a Gaussian for each class with one shared covariance (Lee et al. 2018, section 2.1), compared with a
  Gaussian of non-digits (after Ren et al. 2021, section 3);
- the image in 14x14 cells: a Gaussian for each class. It still has what the model has learned to ignore.

`train.evaluation.fit_ood` fits it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from vit.config import ViTConfig
from vit.trace import Trace, pool_tokens

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
