"""Fit the OOD detector of `vit.ood_detector` to a model's outputs for digits and non-digits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vit.calibration import Calibration
from vit.model import VisionTransformer
from vit.ood_detector import OODDetector, coarse, energy, features, rank

MAX_DIRECTIONS = 64  # of the tokens' features; more make the checkpoint larger, and the detector no better
IMAGE_DIRECTIONS = 32  # of the coarse image
CLASS_RIDGE = 0.02  # added to the covariance of each class, as a share of its mean variance
SHARED_RIDGE = 1e-3  # the same for the covariances that all classes share
WEIGHT_DECAY = 1e-5  # of the weights of the score's parts
MIN_VARIANCE = 1e-6  # mean variance of a class that has one image
MAX_DISTANCE = 10.0  # standard deviations of the digits, to which the score's parts are clamped
BATCH_SIZE = 250  # images


@dataclass(frozen=True)
class Outputs:
    """Outputs of a model for n images: logits (n, K), features (n, F) and coarse images (n, COARSE**2)."""

    logits: Tensor
    features: Tensor
    cells: Tensor


@torch.inference_mode()
def extract(model: VisionTransformer, images: Tensor) -> Outputs:
    """Run the model on images (n, H, W), uint8 or in [0, 1], and collect its outputs."""
    outputs = []
    for some in images.split(BATCH_SIZE):
        batch = some[:, None] / 255 if some.dtype == torch.uint8 else some[:, None]  # (B, 1, H, W)
        trace = model.trace(batch)
        outputs.append((trace.logits, features(trace), coarse(batch)))
    return Outputs(*(torch.cat(pieces) for pieces in zip(*outputs, strict=True)))


def fit_gaussians(digits: Outputs, labels: Tensor, others: list[Outputs]) -> OODDetector:
    """Fit the Gaussians of digits and of several kinds of non-digits; weights and ranks are set later."""
    axes, spread = contrast_directions(
        covariance_within_classes(digits.features, labels),
        covariance_between_kinds([outputs.features for outputs in others]),
    )
    view = torch.linalg.eigh(torch.cov(digits.cells.T.double())).eigenvectors[:, -IMAGE_DIRECTIONS:].float()
    shapes, whiten, volume = fit_classes(digits.cells @ view, labels)
    return OODDetector(
        weights=torch.ones(3),
        ranks=torch.zeros(2),
        axes=axes,
        digits=class_means(digits.features @ axes, labels),
        others=torch.stack([(outputs.features @ axes).mean(dim=0) for outputs in others]).mean(dim=0),
        spread=spread,
        view=view,
        shapes=shapes,
        whiten=whiten,
        volume=volume,
    )


def class_means(points: Tensor, labels: Tensor) -> Tensor:
    """Mean of each class (K, F) of points (n, F)."""
    return torch.stack([points[labels == digit].mean(dim=0) for digit in range(int(labels.max()) + 1)])


def covariance_within_classes(points: Tensor, labels: Tensor) -> Tensor:
    """Covariance (F, F) of points (n, F) around the means of their classes."""
    apart = (points - class_means(points, labels)[labels]).double()
    return regularize(apart.T @ apart / len(points), SHARED_RIDGE)


def covariance_between_kinds(kinds: list[Tensor]) -> Tensor:
    """Covariance (F, F) of kinds of points (n, F) around their common mean; every kind has the same weight."""
    centre = torch.stack([points.double().mean(dim=0) for points in kinds]).mean(dim=0)
    apart = [points.double() - centre for points in kinds]
    return regularize(torch.stack([one.T @ one / len(one) for one in apart]).mean(dim=0), SHARED_RIDGE)


def regularize(covariance: Tensor, share: float) -> Tensor:
    """Add `share` of its mean variance to the diagonal of a covariance, so that it can be inverted."""
    return covariance + share * covariance.diagonal().mean().clamp_min(MIN_VARIANCE) * torch.eye(
        len(covariance), dtype=covariance.dtype
    )


def contrast_directions(digits: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Directions in which non-digits vary most against digits: generalised eigenvectors of the covariances (F, F).

    Along them digits have variance 1, and the directions are uncorrelated in both sets (Fukunaga 1990, section 2.3).

    Returns:
        The directions (F, R) and the variances of the non-digits along them (R,), R at most MAX_DIRECTIONS.
    """
    whitening = torch.linalg.inv(torch.linalg.cholesky(digits))  # (F, F)
    variances, vectors = torch.linalg.eigh(whitening @ others @ whitening.T)
    return (whitening.T @ vectors)[:, -MAX_DIRECTIONS:].float(), variances[-MAX_DIRECTIONS:].float()


def fit_classes(points: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit Gaussians to the classes of points (n, Q): means (K, Q), maps to variance 1 (K, Q, Q), log volumes (K,)."""
    centres = class_means(points, labels)
    maps, volumes = [], []
    for digit, centre in enumerate(centres):
        apart = (points[labels == digit] - centre).double()
        root = torch.linalg.cholesky(regularize(apart.T @ apart / len(apart), CLASS_RIDGE))
        maps.append(torch.linalg.inv(root).T)
        volumes.append(2 * root.diagonal().log().sum())
    return centres, torch.stack(maps).float(), torch.stack(volumes).float()


def score_parts(ood_detector: OODDetector, outputs: Outputs) -> Tensor:
    """Return the three parts of the OOD score of n images, (n, 3): energy, tokens and image."""
    return torch.stack(
        [
            energy(outputs.logits),
            ood_detector.tokens(outputs.features),
            ood_detector.image(outputs.cells),
        ],
        dim=-1,
    )


def ood_scores(calibration: Calibration, outputs: Outputs) -> Tensor:
    """OOD scores (n,) in [0, 1] of n images from their outputs, as in `Calibration.ood_score`."""
    ood_detector = calibration.ood_detector
    if ood_detector is None:
        return torch.zeros(len(outputs.logits))
    return rank(score_parts(ood_detector, outputs) @ ood_detector.weights, ood_detector.ranks)


def fit_weights(digits: list[Tensor], others: list[Tensor]) -> Tensor:
    """Fit the weights (3,) of the score's parts by logistic regression; each set of a side has the same weight.

    Args:
        digits: score parts (n, 3) of several sets of digits.
        others: the same of several kinds of non-digits.
    """
    digit_parts = torch.cat(digits).double()
    centre, scale = digit_parts.mean(dim=0), digit_parts.std(dim=0)
    points = torch.cat([*digits, *others]).double().sub(centre).div(scale).clamp(-MAX_DISTANCE, MAX_DISTANCE)
    points = F.pad(points, (0, 1), value=1.0)  # (n, 4): the last is the constant
    sides = [(some, 0.0, len(digits)) for some in digits] + [(some, 1.0, len(others)) for some in others]
    labels = torch.cat([torch.full((len(some),), side) for some, side, _ in sides]).double()
    shares = torch.cat([torch.full((len(some),), 0.5 / (len(some) * sets)) for some, _, sets in sides]).double()
    weights = points.new_zeros(4, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(points @ weights, labels, shares, reduction="sum")
        total = wrong + WEIGHT_DECAY / 2 * weights.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    return (weights.detach()[:3] / scale).float()
