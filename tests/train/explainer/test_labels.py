"""Test the noisy labels: their mean is the Shapley values, and each adds up exactly."""

import pytest
import torch

from tests.train.explainer.games import SumOfPatches
from tests.vit.explain.games import drawing, lively, picture
from train.explainer.labels import noisy_values
from vit.explain import shapley
from vit.explain.amortised import all_log_odds, log_odds_of_nothing
from vit.explain.masking import MASK_MODES


@pytest.mark.parametrize("mask_mode", MASK_MODES)
def test_the_mean_of_the_labels_is_the_exact_values(mask_mode):
    """With four patches there are 24 orders, all of which come up."""
    model, image = lively("2x2"), picture()
    draws = noisy_values(model, image.repeat(3000, 1, 1, 1), mask_mode, torch.Generator().manual_seed(0))
    error = draws.std(dim=0) / len(draws) ** 0.5
    for target in (0, 3, 7):
        exact = shapley(model, image, target, mask_mode).flatten().double()
        assert ((draws.mean(dim=0)[:, target] - exact).abs() < 4.5 * error[:, target] + 1e-5).all()
    assert error.max() > 1e-3  # they are noisy


@pytest.mark.parametrize("mask_mode", MASK_MODES)
def test_each_label_adds_up_and_leaves_other_patches_at_zero(mask_mode):
    model = lively()
    images = torch.stack([drawing((1, 2, 9)), drawing((0,)), drawing((3, 4, 5, 6, 7, 8))])
    labels = noisy_values(model, images, mask_mode)
    with torch.no_grad():
        total = all_log_odds(model(images)) - log_odds_of_nothing(model, mask_mode)
    torch.testing.assert_close(labels.sum(dim=1), total)
    if mask_mode == "erased":
        assert [(row != 0).any(dim=1).nonzero()[:, 0].tolist() for row in labels] == [
            [1, 2, 9],
            [0],
            [3, 4, 5, 6, 7, 8],
        ]


def test_a_blank_image_has_the_label_zero():
    assert (noisy_values(lively(), torch.zeros(2, 1, 28, 28).double(), "erased") == 0).all()


@pytest.mark.parametrize("mask_mode", MASK_MODES)
def test_a_sum_of_patches_has_labels_without_noise(mask_mode):
    model, images = SumOfPatches(), torch.rand(4, 1, 28, 28)
    torch.testing.assert_close(noisy_values(model, images, mask_mode), model.known_values(images, mask_mode))
