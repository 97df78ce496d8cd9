"""Compare Shapley values with the axioms that define them, with all permutations, and with Captum."""

import pytest
import torch
from captum.attr import ShapleyValues

from tests.vit.explain.games import as_table, chains, drawing, lively, picture, random_table
from vit.explain import shapley
from vit.explain.coalitions import log_odds_table, logits_of_all_subsets
from vit.explain.masking import MaskedModel, log_odds
from vit.explain.shapley import estimate, interactions, shapley_values


def test_additive_values_give_each_patch_its_own():
    own = torch.tensor([3.0, -1.0, 0.5, 2.25, 0.0], dtype=torch.float64)
    table = as_table(lambda present: 7 + sum(float(own[i]) for i in present), 5)
    torch.testing.assert_close(shapley_values(table), own)


def test_interchangeable_patches_get_equal_values():
    table = as_table(lambda present: float(len(present & {1, 3}) == 2) + 2 * len(present & {0, 2}) ** 2, 4)
    values = shapley_values(table)
    torch.testing.assert_close(values[1], values[3])
    torch.testing.assert_close(values[0], values[2])
    torch.testing.assert_close(values, torch.tensor([4, 0.5, 4, 0.5], dtype=torch.float64))


def test_a_patch_without_effect_gets_zero():
    table = as_table(lambda present: float(sum(i + 1 for i in present - {2}) ** 2), 4)
    assert shapley_values(table)[2] == 0


@pytest.mark.parametrize("n", [0, 1, 2, 5, 9])
def test_values_sum_to_the_gain_of_all_patches_over_none(n):
    table = random_table(n)
    torch.testing.assert_close(shapley_values(table).sum(), table[-1] - table[0], atol=1e-4, rtol=0)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_equals_the_mean_gain_over_all_orders(n):
    table = random_table(n, seed=n)
    gains = torch.zeros(n, dtype=torch.float64)
    found = chains(table, n)
    for order, values in found:
        for place, patch in enumerate(order):
            gains[patch] += values[place + 1] - values[place]
    torch.testing.assert_close(shapley_values(table), gains / len(found))


def test_glove_game():
    """One left and two right gloves, a pair is worth 1: the left glove gets 2/3 of it (Shapley and Shubik 1969)."""
    table = as_table(lambda present: float(0 in present and len(present) > 1), 3)
    torch.testing.assert_close(shapley_values(table), torch.tensor([4, 1, 1], dtype=torch.float64) / 6)


def test_equals_captum_on_a_model_whose_patches_are_erased():
    model, image, target = lively("2x2"), picture(), 3
    mask = torch.arange(4).view(2, 2).repeat_interleave(14, 0).repeat_interleave(14, 1)[None]
    with torch.no_grad():
        oracle = ShapleyValues(lambda images: log_odds(model(images), target))
        expected = oracle.attribute(image[None], feature_mask=mask[None])[0, 0, ::14, ::14]
    torch.testing.assert_close(shapley(model, image, target, "erased"), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("mask_mode", ["unseen", "erased"])
def test_efficiency_on_a_model(mask_mode):
    model, image = lively(), drawing((1, 2, 5, 6, 9, 10, 13))
    values = shapley(model, image, 4, mask_mode)
    with torch.no_grad():
        everything = log_odds(model(image[None]), 4)
        nothing = model(image[None], torch.empty(1, 0, dtype=torch.long))
        if mask_mode == "erased":
            nothing = model(torch.zeros_like(image)[None])
    torch.testing.assert_close(values.sum().double(), (everything - log_odds(nothing, 4))[0], atol=1e-4, rtol=0)


def test_patches_without_ink_get_zero_when_erased():
    """The values equal those over all patches, although only inked patches are enumerated."""
    model, image, target = lively("2x2"), drawing((0, 3), patch_size=14), 1
    all_patches = []
    for subset in range(16):
        there = torch.tensor([subset >> i & 1 for i in range(4)]).view(2, 2)
        there = there.repeat_interleave(14, 0).repeat_interleave(14, 1)
        all_patches.append(log_odds(model((image * there)[None]).detach(), target)[0])
    expected = shapley_values(torch.stack(all_patches)).view(2, 2)
    assert expected[0, 1].abs() < 1e-12
    torch.testing.assert_close(shapley(model, image, target, "erased").double(), expected, atol=1e-5, rtol=1e-5)


def test_an_image_without_ink_gets_only_zeros_when_erased():
    assert (shapley(lively(), torch.zeros(1, 28, 28).double(), 0, "erased") == 0).all()


@pytest.mark.parametrize("n", [2, 3, 6])
def test_an_interaction_is_the_mean_joint_surplus_over_all_orders(n):
    """The index of a pair is the mean of its joint surplus over all orders in which the pair is added as one."""
    table = random_table(n, seed=10 + n)
    index = interactions(table)
    for i in range(n):
        for j in range(i + 1, n):
            surplus, others = [], [p for p in range(n) if p not in (i, j)]
            reduced = as_table(lambda _: 0.0, n - 1)
            for _, (order, _) in enumerate(chains(reduced, n - 1)):
                before = order[: order.index(n - 2)]  # in the reduced table the pair is patch n - 2
                S = sum(2 ** others[p] for p in before)
                surplus.append(table[S + 2**i + 2**j] - table[S + 2**i] - table[S + 2**j] + table[S])
            torch.testing.assert_close(index[i, j], torch.stack(surplus).mean())
            assert index[i, j] == index[j, i]


def test_interactions_are_positive_for_partners_and_negative_for_substitutes():
    table = as_table(lambda present: 3.0 * ({0, 1} <= present) + 2.0 * bool(present & {2, 3}) + (4 in present), 5)
    index = interactions(table)
    assert index[0, 1] == pytest.approx(3)
    assert index[2, 3] == pytest.approx(-2)
    assert index[4].abs().max() < 1e-12


def test_the_estimate_is_near_the_exact_values_within_its_error():
    masked = MaskedModel(lively(), picture(), "unseen")
    exact = shapley_values(log_odds_table(masked, 2))
    found = estimate(masked, 2, pairs=100)
    assert found.curves.shape == (200, 17)
    away = (found.values - exact) / found.error
    assert (away.abs() < 4).all()
    assert 0.3 < away.square().mean().sqrt() < 2  # the stated error is neither far too large nor far too small
    torch.testing.assert_close(found.values.sum(), exact.sum())


def test_the_same_seed_gives_the_same_estimate():
    masked = MaskedModel(lively("2x2"), picture(), "unseen")
    assert torch.equal(estimate(masked, 2, 8, seed=1).values, estimate(masked, 2, 8, seed=1).values)
    assert not torch.equal(estimate(masked, 2, 8, seed=1).values, estimate(masked, 2, 8, seed=2).values)


def test_one_table_answers_for_every_digit():
    model, image = lively("2x2"), picture()
    logits = logits_of_all_subsets(MaskedModel(model, image))
    for target in range(10):
        expected = shapley_values(log_odds(logits.double(), target)).view(2, 2)
        torch.testing.assert_close(shapley(model, image, target).double(), expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": 10}, "target"),
        ({"target": -1}, "target"),
        ({"target": True}, "target"),
        ({"mask_mode": "hidden"}, "mask_mode must be one of unseen, erased"),
        ({"image": torch.zeros(28, 28)}, "image must be"),
        ({"image": torch.full((1, 28, 28), 2.0)}, r"\[0, 1\]"),
        ({"image": torch.full((1, 28, 28), torch.nan)}, r"\[0, 1\]"),
        ({"image": torch.zeros(1, 28, 28, dtype=torch.uint8)}, "floating"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    question = {"image": picture(), "target": 3} | arguments
    with pytest.raises(ValueError, match=message):
        shapley(lively(), **question)
