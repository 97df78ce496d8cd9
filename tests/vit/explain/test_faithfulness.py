"""Check the faithfulness scores at both ends, in between, with tied scores, and by rank."""

from math import isnan

import pytest
import torch
from scipy.stats import spearmanr

from tests.vit.explain.games import as_table, chains, random_table
from vit.explain.decisive_sets import lowest_order
from vit.explain.faithfulness import faithfulness_scale, insertion_curve, mean_over, ranked, sign_agreement, spearman


def test_the_best_orders_score_one():
    table = random_table(7)
    scale = faithfulness_scale(table)
    assert scale.score(ranked(lowest_order(table).flip(0)), signed=False).deletion == pytest.approx(1)
    assert scale.score(ranked(lowest_order(-table)), signed=False).insertion == pytest.approx(1)


def test_no_order_beats_the_best_and_their_mean_is_chance():
    n = 5
    table = random_table(n, seed=3)
    scale = faithfulness_scale(table)
    scores = [scale.score(ranked(torch.tensor(order)), signed=False) for order, _ in chains(table, n)]
    for name in ("deletion", "insertion"):
        found = torch.tensor([getattr(score, name) for score in scores])
        assert found.max() == pytest.approx(1)
        assert found.mean() == pytest.approx(0, abs=1e-5)


def test_a_constant_map_scores_like_chance():
    score = faithfulness_scale(random_table(6)).score(torch.full((6,), 0.3), signed=False)
    assert (score.deletion, score.insertion) == pytest.approx((0, 0), abs=1e-9)
    assert isnan(score.rank)
    assert isnan(score.sign)


def test_ties_are_broken_in_all_ways():
    """The curve of tied scores is the mean of the curves of all orders that agree with them."""
    n, table = 5, random_table(5, seed=1)
    scores = torch.tensor([2.0, 1, 1, 1, 0])
    agreeing = [values for order, values in chains(table, n) if order[0] == 0 and order[-1] == 4]
    expected = torch.tensor(agreeing, dtype=torch.float64).mean(dim=0)
    torch.testing.assert_close(insertion_curve(table, scores), expected)


def test_deletion_takes_the_highest_first():
    """Only one patch matters: a map that ranks it first scores best, one that ranks it last scores worst."""
    scale = faithfulness_scale(as_table(lambda present: 5.0 * (2 in present), 4))
    right, wrong = torch.tensor([0.0, 0, 1, 0]), torch.tensor([0.0, 0, -1, 0])
    best, worst = scale.score(right, signed=True), scale.score(wrong, signed=True)
    assert (best.deletion, best.insertion, best.sign) == pytest.approx((1, 1, 1))
    assert (worst.deletion, worst.insertion, worst.sign) == pytest.approx((-1, -1, 0))


def test_exact_values_have_the_best_rank_and_sign():
    scale = faithfulness_scale(random_table(6))
    score = scale.score(scale.exact, signed=True)
    assert (score.rank, score.sign) == pytest.approx((1, 1))
    assert scale.score(-scale.exact, signed=True).rank == pytest.approx(-1)


def test_a_constant_table_has_no_score():
    score = faithfulness_scale(torch.ones(16)).score(torch.arange(4.0), signed=True)
    assert all(isnan(value) for value in (score.deletion, score.insertion, score.rank, score.sign))


def test_an_image_without_maskable_patches_has_no_score():
    score = faithfulness_scale(torch.ones(1)).score(torch.zeros(0), signed=True)
    assert isnan(score.deletion)


def test_equal_scores_share_their_mean_rank():
    """The ranks are 1, 2.5, 2.5, 4 and 1, 2, 3, 4, so their correlation is 4.5 / sqrt(4.5 * 5)."""
    tied, plain = torch.tensor([0.1, 7, 7, 9]), torch.tensor([-5.0, 2, 3, 100])
    assert spearman(tied, plain) == pytest.approx(0.9**0.5)
    assert spearman(-tied, plain) == pytest.approx(-(0.9**0.5))
    assert isnan(spearman(torch.ones(4), plain))


def test_the_rank_correlation_is_scipys():
    generator = torch.Generator().manual_seed(0)
    for n in range(3, 50):
        one, other = torch.randint(0, n, (n,), generator=generator), torch.randn(n, generator=generator)
        assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic, abs=1e-12)


def test_sign_agreement_weighs_by_mass():
    exact = torch.tensor([3.0, -1, 0.5, -0.5])
    assert sign_agreement(torch.tensor([1.0, 1, 1, -9]), exact) == pytest.approx(4 / 5)


def test_area_under_a_straight_line():
    assert mean_over(torch.linspace(0, 4, 9)) == pytest.approx(2)
    assert mean_over(torch.tensor([3.0])) == 3
