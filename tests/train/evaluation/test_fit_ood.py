"""Compare the fit of the OOD detector with the definitions: Gaussians, contrast directions, logistic regression."""

import pytest
import torch
from scipy.linalg import eigh
from torch.distributions import MultivariateNormal

from train.evaluation import fit_ood
from train.evaluation.fit_ood import (
    class_means,
    contrast_directions,
    covariance_between_kinds,
    covariance_within_classes,
    extract,
    fit_classes,
    fit_gaussians,
    fit_weights,
    ood_scores,
    score_parts,
)
from vit import VisionTransformer, ViTConfig
from vit.calibration import Calibration

SMALL = ViTConfig(embed_dim=8, depth=2, num_heads=2, mlp_dim=8)


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


def test_directions_of_most_contrast(random):
    """A'(digits)A = 1 and A'(others)A is diagonal with SciPy's eigenvalues, smallest first."""
    pair = [torch.randn(200, 6, generator=random).double() @ torch.randn(6, 6, generator=random).double() for _ in "ab"]
    digits, others = (one.T @ one / 200 for one in pair)
    axes, spread = contrast_directions(digits, others)
    axes = axes.double()
    assert torch.allclose(axes.T @ digits @ axes, torch.eye(6).double(), atol=1e-3)
    assert torch.allclose(axes.T @ others @ axes, spread.double().diag(), rtol=1e-3, atol=1e-3 * spread.max().item())
    expected = eigh(others.numpy(), digits.numpy(), eigvals_only=True)
    assert spread.tolist() == pytest.approx(expected.tolist(), rel=1e-3)


def test_only_the_directions_of_most_contrast_are_used(random, monkeypatch):
    digits, others = torch.eye(5).double(), torch.tensor([3.0, 0.5, 9.0, 1.0, 4.0]).double().diag()
    monkeypatch.setattr(fit_ood, "MAX_DIRECTIONS", 2)
    axes, spread = contrast_directions(digits, others)
    assert spread.tolist() == pytest.approx([4, 9])
    assert torch.allclose(axes.abs(), torch.eye(5)[:, [4, 2]], atol=1e-6)


def test_covariances_are_those_of_the_definition(random, monkeypatch):
    monkeypatch.setattr(fit_ood, "SHARED_RIDGE", 0.0)
    points, labels = torch.randn(60, 3, generator=random), torch.arange(60) % 4
    points = points + 10 * labels[:, None]
    pooled = sum((points[labels == k].T.cov(correction=0) * 15 / 60 for k in range(4)), torch.zeros(3, 3))
    assert torch.allclose(covariance_within_classes(points, labels).float(), pooled, atol=1e-4)
    assert torch.allclose(class_means(points, labels)[2], points[labels == 2].mean(dim=0))
    kinds = [points[:10], points[10:40]]
    centre = (kinds[0].mean(dim=0) + kinds[1].mean(dim=0)) / 2
    expected = sum((((kind - centre).T @ (kind - centre)) / len(kind) / 2 for kind in kinds), torch.zeros(3, 3))
    assert torch.allclose(covariance_between_kinds(kinds).float(), expected, rtol=1e-4)


def test_each_class_has_its_own_gaussian(random, monkeypatch):
    monkeypatch.setattr(fit_ood, "CLASS_RIDGE", 0.0)
    labels = torch.arange(300) % 3
    points = torch.randn(300, 4, generator=random) @ torch.randn(4, 4, generator=random) * (1 + labels[:, None])
    centres, maps, volumes = fit_classes(points, labels)
    for k in range(3):
        own = points[labels == k]
        gaussian = MultivariateNormal(own.mean(dim=0), own.T.cov(correction=0))
        apart = ((points - centres[k]) @ maps[k]).square().sum(dim=-1) + volumes[k]
        offset = apart + 2 * gaussian.log_prob(points)  # the same constant for every point and class
        assert torch.allclose(offset, torch.full((300,), -4 * 1.8378771), atol=1e-2)


def test_a_class_of_one_digit_is_no_error():
    fit_classes(torch.rand(3, 4), torch.arange(3))


def sides(random: torch.Generator) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    digits = [torch.randn(400, 3, generator=random) for _ in range(2)]
    others = [torch.randn(100, 3, generator=random) + torch.tensor([2.0, 1.0, 0.0]) for _ in range(3)]
    return digits, others


def test_the_weights_are_those_of_linear_discriminant_analysis(random):
    """For two Gaussians with the same covariance, logistic regression gives the difference of the means."""
    weights = fit_weights(*sides(random))
    assert weights.tolist() == pytest.approx([2, 1, 0], abs=0.35)


def test_every_kind_has_the_same_weight_whatever_its_size(random):
    digits, others = sides(random)
    assert torch.allclose(
        fit_weights(digits, others), fit_weights(digits, [others[0].repeat(5, 1), *others[1:]]), atol=1e-3
    )


def test_the_unit_of_a_part_does_not_matter(random):
    digits, others = sides(random)
    units = torch.tensor([100.0, 1.0, 0.01])
    scaled = fit_weights([some * units for some in digits], [some * units for some in others])
    assert torch.allclose(scaled * units, fit_weights(digits, others), rtol=1e-3, atol=1e-3)


def test_perfectly_separable_sides_have_finite_weights(random):
    digits, others = sides(random)
    weights = fit_weights(digits, [some + 100 for some in others])
    assert weights.isfinite().all() and (weights > 0).all()


def test_ood_scores_from_stored_outputs_equal_those_of_the_model(random):
    torch.manual_seed(0)
    model = VisionTransformer(SMALL).eval()
    images = torch.randint(0, 256, (300, 28, 28), dtype=torch.uint8)
    labels = torch.arange(300) % 10
    outputs = extract(model, images)
    fitted = fit_gaussians(outputs, labels, [extract(model, images // 4)])
    object.__setattr__(fitted, "ranks", (score_parts(fitted, outputs) @ fitted.weights).sort().values)
    calibration = Calibration(1.0, 0.9, fitted)
    batch = images[:, None] / 255
    with torch.inference_mode():
        expected = calibration.ood_score(model.trace(batch), batch)
    assert torch.allclose(ood_scores(calibration, outputs), expected, atol=2e-3)
    assert ood_scores(Calibration(), outputs).tolist() == [0] * 300
    assert torch.equal(extract(model, images / 255).logits, outputs.logits)
