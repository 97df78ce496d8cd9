"""Compare the OOD score with the definition of its three parts and of its rank among digits."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from vit import VisionTransformer, ViTConfig
from vit.calibration import Calibration
from vit.ood_detector import COARSE, OODDetector, coarse, energy, features, rank

SMALL = ViTConfig(embed_dim=8, depth=2, num_heads=2, mlp_dim=8)
K, R, Q = 10, 5, 4


def ood_detector(seed: int = 0) -> OODDetector:
    """Build an OOD detector for SMALL with random numbers of the right shapes."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    factors = normal(K, Q, Q).tril(-1) * 0.3 + torch.eye(Q)
    return OODDetector(
        weights=torch.tensor([0.5, 0.02, 0.03]),
        ranks=normal(101).sort().values,
        axes=normal(3 * 8, R),
        digits=normal(K, R),
        others=normal(R),
        spread=normal(R).exp(),
        view=normal(COARSE**2, Q),
        shapes=normal(K, Q),
        whiten=torch.linalg.inv(factors).transpose(-2, -1).contiguous(),
        volume=2 * factors.diagonal(dim1=-2, dim2=-1).log().sum(dim=-1),
    )


@pytest.fixture
def traced():
    torch.manual_seed(1)
    images = torch.rand(6, 1, 28, 28)
    with torch.inference_mode():
        return VisionTransformer(SMALL).eval().trace(images), images


def test_the_image_score_is_one_gaussian_per_class(traced):
    fitted = ood_detector()
    cells = coarse(traced[1])
    maps = torch.linalg.inv(fitted.whiten)  # whiten is the transpose of the inverse of the covariance's root
    gaussians = MultivariateNormal(fitted.shapes, scale_tril=maps.transpose(-2, -1).tril())
    log_probs = gaussians.log_prob((cells @ fitted.view)[:, None])  # (B, K)
    expected = -2 * log_probs.amax(dim=-1) - Q * np.log(2 * np.pi)
    assert torch.allclose(fitted.image(cells), expected, rtol=1e-3, atol=1e-3)


def test_the_token_score_is_a_likelihood_ratio(traced):
    fitted = ood_detector()
    found = features(traced[0])
    along = found @ fitted.axes
    digits = Independent(Normal(fitted.digits, torch.ones(K, R)), 1).log_prob(along[:, None]).amax(dim=-1)
    others = Independent(Normal(fitted.others, fitted.spread.sqrt()), 1).log_prob(along)
    expected = 2 * (others - digits) + fitted.spread.log().sum()
    assert torch.allclose(fitted.tokens(found), expected, rtol=1e-3, atol=1e-2)


def test_the_raw_score_is_the_weighted_sum_of_its_parts(traced):
    trace, images = traced
    fitted = ood_detector()
    expected = 0.5 * energy(trace.logits) + 0.02 * fitted.tokens(features(trace)) + 0.03 * fitted.image(coarse(images))
    assert torch.allclose(fitted.score(trace, images), expected, rtol=1e-5)
    assert torch.allclose(energy(trace.logits), -trace.logits.exp().sum(dim=-1).log(), rtol=1e-5)


def test_features_are_the_normed_cls_and_the_mean_patch_of_every_block(traced):
    trace, _ = traced
    found = features(trace)
    assert found.shape == (6, 3 * 8)
    cls = trace.tokens[-1, :, 0].double()
    normed = (cls - cls.mean(dim=-1, keepdim=True)) / (cls.var(dim=-1, correction=0, keepdim=True) + 1e-5).sqrt()
    assert torch.allclose(found[:, :8].double(), normed, atol=1e-5)
    for block in range(2):
        patches = torch.stack([trace.tokens[block, :, 1 + at] / 16 for at in range(16)]).sum(dim=0)
        assert torch.allclose(found[:, 8 * (1 + block) : 8 * (2 + block)], patches, atol=1e-5)


def test_the_coarse_picture_is_the_mean_of_two_by_two():
    images = torch.rand(3, 1, 28, 28)
    cells = coarse(images).reshape(3, 14, 14)
    for row, column in ((0, 0), (5, 9), (13, 13)):
        block = images[:, 0, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        assert torch.allclose(cells[:, row, column], block.mean(dim=(1, 2)))


def test_the_rank_is_the_share_of_validation_digits_below():
    ranks = torch.randn(1001, generator=torch.Generator().manual_seed(3)).sort().values
    values = torch.linspace(-5, 5, 301)
    found = rank(ranks=ranks, values=values)
    shares = (ranks[None] < values[:, None]).float().mean(dim=-1)
    assert (found - shares).abs().max() <= 1.01 / 1000
    assert (found.diff() >= 0).all()
    assert found[0] == 0 and found[-1] == 1
    assert torch.allclose(rank(ranks, ranks), torch.linspace(0, 1, 1001), atol=1e-6)


def test_a_rank_between_two_is_in_proportion_and_ties_count_as_reached():
    ranks = torch.tensor([0.0, 1.0, 1.0, 3.0, 4.0])
    values = torch.tensor([-1.0, 0.5, 1.0, 1.5, 2.0, 4.0, 9.0, torch.inf])
    assert torch.allclose(rank(values, ranks), torch.tensor([0, 0.125, 0.5, 0.5625, 0.625, 1, 1, 1]))


def test_in_distribution_means_a_score_up_to_the_threshold(traced):
    trace, images = traced
    fitted = ood_detector()
    fitted = replace(fitted, ranks=fitted.score(trace, images).sort().values)
    scores = Calibration(1.0, 0.5, fitted).ood_score(trace, images)
    assert sorted(scores.tolist()) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1], abs=1e-6)
    for threshold in (0.0, 0.3, 0.5, 1.0):
        inside = Calibration(1.0, threshold, fitted).in_distribution(trace, images)
        assert inside.dtype == torch.bool
        assert inside.tolist() == [score <= threshold for score in scores.tolist()]


def test_the_ood_score_does_not_depend_on_the_batch():
    torch.manual_seed(2)
    model, images = VisionTransformer(SMALL).eval(), torch.rand(4, 1, 28, 28)
    fitted = Calibration(1.0, 0.995, replace(ood_detector(), ranks=torch.linspace(-50, 1000, 11)))
    with torch.inference_mode():
        together = fitted.ood_score(model.trace(images), images)
        alone = torch.cat([fitted.ood_score(model.trace(image[None]), image[None]) for image in images])
    assert torch.allclose(together, alone, atol=1e-5)
    assert 0 < together.min() < together.max() < 1


def test_probabilities_are_tempered():
    logits = 5 * torch.randn(7, 10, generator=torch.Generator().manual_seed(4))
    for temperature in (0.5, 1.0, 2.5):
        powers = logits.softmax(dim=-1).double() ** (1 / temperature)
        probs = Calibration(temperature).probs(logits)
        assert torch.allclose(probs.double(), powers / powers.sum(dim=-1, keepdim=True), atol=1e-6)
        assert torch.equal(probs.argmax(dim=-1), logits.argmax(dim=-1))


def test_without_a_fit_everything_is_in_distribution(traced):
    trace, images = traced
    plain = Calibration()
    assert torch.equal(plain.probs(trace.logits), trace.probs)
    assert plain.ood_score(trace, images).tolist() == [0] * 6
    assert plain.in_distribution(trace, images).all()


@pytest.mark.parametrize("name", [field.name for field in fields(OODDetector)])
def test_a_tensor_of_a_wrong_type_shape_or_value_is_refused_by_name(name):
    fitted = ood_detector()
    tensor = getattr(fitted, name)
    broken = tensor.clone()
    broken.view(-1)[0] = torch.nan
    for wrong in (tensor.double(), tensor[..., None], broken):
        with pytest.raises((ValueError, IndexError, TypeError)):
            replace(fitted, **{name: wrong})
    with pytest.raises(ValueError, match=name):
        replace(fitted, **{name: tensor.double()})


def test_an_ood_detector_of_another_model_is_refused():
    ood_detector().check(SMALL)
    for change in ({"embed_dim": 10}, {"depth": 3}):
        with pytest.raises(ValueError, match="axes must be"):
            ood_detector().check(replace(SMALL, **change))
    with pytest.raises(ValueError, match="digits must be 3 long"):
        ood_detector().check(replace(SMALL, num_classes=3))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"threshold": 1.1}, "threshold"),
        ({"threshold": "high"}, "threshold"),
    ],
)
def test_numbers_outside_their_range_are_refused(values, named):
    with pytest.raises(ValueError, match=named):
        Calibration(**values)


def test_descending_ranks_and_zero_spread_are_refused():
    with pytest.raises(ValueError, match="ranks ascending"):
        replace(ood_detector(), ranks=torch.tensor([1.0, 0.0]))
    with pytest.raises(ValueError, match="spread must be positive"):
        replace(ood_detector(), spread=torch.zeros(R))
