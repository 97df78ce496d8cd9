"""Erased Shapley values of any classifier, against the ViT's own and against every order of erasing."""

from itertools import permutations

import pytest
import torch

from tests.vit.explain.games import drawing, lively
from train.families import MLP, MLPConfig
from train.families.erased import ErasedPatches, erased_shapley, erased_values
from vit.explain.masking import log_odds
from vit.explain.shapley import shapley


def test_a_vit_gets_the_values_that_its_tokens_give():
    model, image = lively(), drawing((1, 5, 6, 10, 15))
    ours, theirs = erased_shapley(model, image, 3), shapley(model, image, 3, "erased")
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert ours.count_nonzero() == 5


def test_an_mlp_gets_the_mean_over_all_orders():
    torch.manual_seed(0)
    model, image, target = MLP(MLPConfig(widths=(12,))).double().eval(), drawing((2, 7, 8)), 4

    def value(patches: tuple[int, ...]) -> float:
        kept = drawing(patches) if patches else torch.zeros_like(image)
        with torch.no_grad():
            return log_odds(model(kept[None]), target).item()

    expected = torch.zeros(16)
    for order in permutations((2, 7, 8)):
        for position, patch in enumerate(order):
            expected[patch] += (value(order[: position + 1]) - value(order[:position])) / 6
    assert torch.allclose(erased_shapley(model, image, target).flatten(), expected, atol=1e-5)


def test_many_patches_are_estimated():
    model, image = lively(), drawing((0, 1, 5, 6, 10, 15))
    exact, estimated = (erased_values(model, image, 3, most) for most in (6, 5))
    assert (exact[1], estimated[1]) == (True, False)
    assert estimated[0].sum() == pytest.approx(exact[0].sum().item(), abs=1e-4)  # efficiency
    assert torch.allclose(estimated[0], exact[0], atol=0.2 * exact[0].abs().max().item())


def test_progress_is_told_and_too_many_patches_are_refused():
    model, calls = lively(), []
    erased_shapley(model, drawing((1, 2)), 0, lambda done, total: calls.append((done, total)))
    assert calls == [(4, 4)]
    assert len(ErasedPatches(model, drawing(())).maskable) == 0
    torch.manual_seed(0)
    with pytest.raises(ValueError, match="at most 16 patches"):
        erased_shapley(model, torch.ones(1, 35, 35), 0)
