"""Fit `vit.calibration.OODDetector` from digits and from non-digits that a model has read."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vit.calibration import Calibration, OODDetector, coarse, energy, features, rank
from vit.model import VisionTransformer

AXES = 64  # directions looked along in the tokens' features: more find no more, and the file grows with them
VIEW = 32  # directions looked along in the coarse picture
ROUND = 0.02  # of a class's mean variance, added to every direction of its own Gaussian: few digits, many directions
FLOOR = 1e-3  # the same for the covariances that all classes share
RIDGE = 1e-5  # on the weights of the parts, in units of the digits' own spread
TINY = 1e-6  # the least that counts as a mean variance, where a class has but one digit
FAR = 10.0  # such units, beyond which a non-digit teaches the weights nothing more
TRACED_AT_ONCE = 250  # images, as in `train.evaluation`


@dataclass(frozen=True)
class Seen:
    """What a model made of n images: logits (n, K), features (n, F) and coarse pictures (n, COARSE**2)."""

    logits: Tensor
    features: Tensor
    cells: Tensor


@torch.inference_mode()
def look(model: VisionTransformer, images: Tensor) -> Seen:
    """Read images (n, H, W), uint8 or in [0, 1], with the model and gather what the fit needs of it."""
    found = []
    for some in images.split(TRACED_AT_ONCE):
        batch = some[:, None] / 255 if some.dtype == torch.uint8 else some[:, None]  # (B, 1, H, W)
        trace = model.trace(batch)
        found.append((trace.logits, features(trace), coarse(batch)))
    return Seen(*(torch.cat(pieces) for pieces in zip(*found, strict=True)))


def fit(digits: Seen, labels: Tensor, others: list[Seen]) -> OODDetector:
    """Fit the Gaussians of digits and of several kinds of non-digits; the parts are neither weighed nor ranked yet."""
    axes, spread = contrast(within(digits.features, labels), about([seen.features for seen in others]))
    view = torch.linalg.eigh(torch.cov(digits.cells.T.double())).eigenvectors[:, -VIEW:].float()
    shapes, whiten, volume = classes(digits.cells @ view, labels)
    return OODDetector(
        weights=torch.ones(3),
        ranks=torch.zeros(2),
        axes=axes,
        digits=means(digits.features @ axes, labels),
        others=torch.stack([(seen.features @ axes).mean(dim=0) for seen in others]).mean(dim=0),
        spread=spread,
        view=view,
        shapes=shapes,
        whiten=whiten,
        volume=volume,
    )


def means(points: Tensor, labels: Tensor) -> Tensor:
    """Return the classes' means (K, F) of points (n, F)."""
    return torch.stack([points[labels == digit].mean(dim=0) for digit in range(int(labels.max()) + 1)])


def within(points: Tensor, labels: Tensor) -> Tensor:
    """Return the covariance (F, F) of points (n, F) about the means of their classes."""
    apart = (points - means(points, labels)[labels]).double()
    return rounded(apart.T @ apart / len(points), FLOOR)


def about(kinds: list[Tensor]) -> Tensor:
    """Return the covariance (F, F) of kinds of points (n, F) about their common mean; every kind weighs alike."""
    centre = torch.stack([points.double().mean(dim=0) for points in kinds]).mean(dim=0)
    apart = [points.double() - centre for points in kinds]
    return rounded(torch.stack([some.T @ some / len(some) for some in apart]).mean(dim=0), FLOOR)


def rounded(covariance: Tensor, share: float) -> Tensor:
    """Add to a covariance `share` of its mean variance in every direction, so that it can be inverted."""
    return covariance + share * covariance.diagonal().mean().clamp_min(TINY) * torch.eye(
        len(covariance), dtype=covariance.dtype
    )


def contrast(digits: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Find the directions in which non-digits vary most against digits, from their covariances (F, F).

    Along them digits vary by 1 and non-digits by the second result, each independent of the rest: the generalised
    eigenvectors of the two (Fukunaga 1990, section 2.3).

    Returns:
        The directions (F, R) and the non-digits' variances along them (R,), R being AXES or all there are.
    """
    whitening = torch.linalg.inv(torch.linalg.cholesky(digits))  # (F, F)
    variances, turned = torch.linalg.eigh(whitening @ others @ whitening.T)
    return (whitening.T @ turned)[:, -AXES:].float(), variances[-AXES:].float()


def classes(points: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit Gaussians to the classes of points (n, Q): means (K, Q), maps to variance 1 (K, Q, Q), log volumes (K,)."""
    centres = means(points, labels)
    maps, volumes = [], []
    for digit, centre in enumerate(centres):
        apart = (points[labels == digit] - centre).double()
        root = torch.linalg.cholesky(rounded(apart.T @ apart / len(apart), ROUND))
        maps.append(torch.linalg.inv(root).T)
        volumes.append(2 * root.diagonal().log().sum())
    return centres, torch.stack(maps).float(), torch.stack(volumes).float()


def parts(ood_detector: OODDetector, seen: Seen) -> Tensor:
    """Return the three parts of the strangeness of n images, (n, 3)."""
    return torch.stack(
        [energy(seen.logits), ood_detector.tokens(seen.features), ood_detector.picture(seen.cells)], dim=-1
    )


def doubts(calibration: Calibration, seen: Seen) -> Tensor:
    """Return what `Calibration.ood_score` says of n images that were looked at before: (n,) in [0, 1]."""
    ood_detector = calibration.ood_detector
    if ood_detector is None:
        return torch.zeros(len(seen.logits))
    return rank(parts(ood_detector, seen) @ ood_detector.weights, ood_detector.ranks)


def weigh(digits: list[Tensor], others: list[Tensor]) -> Tensor:
    """Fit the weights (3,) of the parts (n, 3) by logistic regression; every set weighs alike, and so do both sides."""
    known = torch.cat(digits).double()
    centre, scale = known.mean(dim=0), known.std(dim=0)
    points = torch.cat([*digits, *others]).double().sub(centre).div(scale).clamp(-FAR, FAR)
    points = F.pad(points, (0, 1), value=1.0)  # (n, 4): the last is the constant
    sides = [(some, 0.0, len(digits)) for some in digits] + [(some, 1.0, len(others)) for some in others]
    labels = torch.cat([torch.full((len(some),), side) for some, side, _ in sides]).double()
    shares = torch.cat([torch.full((len(some),), 0.5 / (len(some) * sets)) for some, _, sets in sides]).double()
    weights = points.new_zeros(4, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(points @ weights, labels, shares, reduction="sum")
        total = wrong + RIDGE / 2 * weights.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    return (weights.detach()[:3] / scale).float()
