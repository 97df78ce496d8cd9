"""Shapley values: the axioms that define them, all permutations, and an independent library."""

import pytest
import torch
from captum.attr import ShapleyValues

from tests.vit.explain.games import as_table, chains, drawing, lively, picture, random_table
from vit.explain import shapley
from vit.explain.coalitions import log_odds_table, logits_of_all_subsets
from vit.explain.masking import MaskedModel, log_odds
from vit.explain.shapley import estimate, interactions, shapley_values


def test_additive_game_gives_each_player_its_own():
    own = torch.tensor([3.0, -1.0, 0.5, 2.25, 0.0], dtype=torch.float64)
    masked = as_table(lambda players: 7 + sum(float(own[i]) for i in players), 5)
    torch.testing.assert_close(shapley_values(masked), own)


def test_players_that_do_the_same_get_the_same():
    masked = as_table(lambda players: float(len(players & {1, 3}) == 2) + 2 * len(players & {0, 2}) ** 2, 4)
    values = shapley_values(masked)
    torch.testing.assert_close(values[1], values[3])
    torch.testing.assert_close(values[0], values[2])
    torch.testing.assert_close(values, torch.tensor([4, 0.5, 4, 0.5], dtype=torch.float64))


def test_a_player_that_does_nothing_gets_nothing():
    masked = as_table(lambda players: float(sum(i + 1 for i in players - {2}) ** 2), 4)
    assert shapley_values(masked)[2] == 0


@pytest.mark.parametrize("n", [0, 1, 2, 5, 9])
def test_values_add_up_to_what_all_gain_over_nobody(n):
    masked = random_table(n)
    torch.testing.assert_close(shapley_values(masked).sum(), masked[-1] - masked[0], atol=1e-4, rtol=0)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_equals_the_mean_gain_over_all_orders(n):
    masked = random_table(n, seed=n)
    gains = torch.zeros(n, dtype=torch.float64)
    found = chains(masked, n)
    for order, values in found:
        for place, player in enumerate(order):
            gains[player] += values[place + 1] - values[place]
    torch.testing.assert_close(shapley_values(masked), gains / len(found))


def test_glove_game():
    """One left glove, two right ones; a pair is worth 1: the left glove has 2/3 of it (Shapley and Shubik 1969)."""
    masked = as_table(lambda players: float(0 in players and len(players) > 1), 3)
    torch.testing.assert_close(shapley_values(masked), torch.tensor([4, 1, 1], dtype=torch.float64) / 6)


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


def test_patches_without_ink_are_null_players_when_erased():
    """That the inked patches alone are enumerated changes nothing: the masked model of all patches gives the same."""
    model, image, target = lively("2x2"), drawing((0, 3), patch_size=14), 1
    everybody = []
    for subset in range(16):
        there = torch.tensor([subset >> i & 1 for i in range(4)]).view(2, 2)
        there = there.repeat_interleave(14, 0).repeat_interleave(14, 1)
        everybody.append(log_odds(model((image * there)[None]).detach(), target)[0])
    expected = shapley_values(torch.stack(everybody)).view(2, 2)
    assert expected[0, 1].abs() < 1e-12
    torch.testing.assert_close(shapley(model, image, target, "erased").double(), expected, atol=1e-5, rtol=1e-5)


def test_a_sheet_without_ink_has_no_players_when_erased():
    assert (shapley(lively(), torch.zeros(1, 28, 28).double(), 0, "erased") == 0).all()


@pytest.mark.parametrize("n", [2, 3, 6])
def test_interaction_is_what_a_pair_gains_over_all_orders_of_the_rest_with_it_as_one(n):
    """The index of a pair is the mean of its joint surplus over all orders in which the pair moves as one player."""
    masked = random_table(n, seed=10 + n)
    index = interactions(masked)
    for i in range(n):
        for j in range(i + 1, n):
            surplus, others = [], [p for p in range(n) if p not in (i, j)]
            reduced = as_table(lambda _: 0.0, n - 1)
            for _, (order, _) in enumerate(chains(reduced, n - 1)):
                before = order[: order.index(n - 2)]  # the pair is player n - 2 of the reduced masked
                S = sum(2 ** others[p] for p in before)
                surplus.append(masked[S + 2**i + 2**j] - masked[S + 2**i] - masked[S + 2**j] + masked[S])
            torch.testing.assert_close(index[i, j], torch.stack(surplus).mean())
            assert index[i, j] == index[j, i]


def test_interaction_tells_who_needs_whom():
    masked = as_table(lambda players: 3.0 * ({0, 1} <= players) + 2.0 * bool(players & {2, 3}) + (4 in players), 5)
    index = interactions(masked)
    assert index[0, 1] == pytest.approx(3)
    assert index[2, 3] == pytest.approx(-2)
    assert index[4].abs().max() < 1e-12


def test_estimate_comes_near_the_exact_values_and_says_how_near():
    masked = MaskedModel(lively(), picture(), "unseen")
    exact = shapley_values(log_odds_table(masked, 2))
    found = estimate(masked, 2, pairs=100)
    assert found.curves.shape == (200, 17)
    away = (found.values - exact) / found.error
    assert (away.abs() < 4).all()
    assert 0.3 < away.square().mean().sqrt() < 2  # an error too large or too small would be no error
    torch.testing.assert_close(found.values.sum(), exact.sum())


def test_estimate_repeats():
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
def test_refuses_what_it_cannot_answer(arguments, message):
    question = {"image": picture(), "target": 3} | arguments
    with pytest.raises(ValueError, match=message):
        shapley(lively(), **question)
