"""Compare the estimated faithfulness scale with the exact one on small models."""

import pytest
import torch

from tests.vit.explain.games import drawing, lively, picture
from vit.explain import faithfulness_estimate
from vit.explain.coalitions import log_odds_table
from vit.explain.faithfulness import faithfulness_scale, ranked
from vit.explain.faithfulness_estimate import estimated_scale, orders_by
from vit.explain.masking import MaskedModel


@pytest.mark.parametrize("mask_mode", ["unseen", "erased"])
def test_the_estimated_scale_is_near_the_exact_one(mask_mode):
    masked = MaskedModel(lively(), drawing((1, 2, 5, 6, 9, 10, 13)), mask_mode)
    exact, found = faithfulness_scale(log_odds_table(masked, 3)), estimated_scale(masked, 3, pairs=200)
    spread = exact.highest - exact.lowest
    assert found.random == pytest.approx(exact.random, abs=0.05 * spread)
    assert exact.lowest - 1e-6 <= found.lowest <= exact.lowest + 0.1 * spread
    assert exact.highest - 0.1 * spread <= found.highest <= exact.highest + 1e-6
    scores = torch.randn(len(masked.maskable), generator=torch.Generator().manual_seed(0)).double()
    assert found.mean(scores) == pytest.approx(exact.mean(scores))
    one, other = exact.score(scores, signed=True), found.score(scores, signed=True)
    assert other.deletion == pytest.approx(one.deletion, abs=0.15)
    assert other.insertion == pytest.approx(one.insertion, abs=0.15)


@pytest.mark.parametrize("insert", [True, False])
def test_the_search_finds_the_best_order_where_it_can_follow_all_sets(insert, monkeypatch):
    monkeypatch.setattr(faithfulness_estimate, "BEAM", 6)
    masked = MaskedModel(lively("2x2"), picture())
    values = log_odds_table(masked, 3)
    order = faithfulness_estimate.best_order(masked, 3, insert=insert)
    exact = faithfulness_scale(values)
    scores = ranked(order) if insert else -ranked(order)
    assert exact.mean(scores) == pytest.approx(exact.highest if insert else exact.lowest)


def test_a_narrow_search_finds_a_nearly_best_order():
    masked = MaskedModel(lively(), picture())
    found = ranked(faithfulness_estimate.best_order(masked, 3, insert=True))
    exact = faithfulness_scale(log_odds_table(masked, 3))
    assert exact.score(found, signed=False).insertion > 0.85


def test_ties_are_broken_in_several_ways():
    orders = orders_by(torch.tensor([1.0, 3, 1, 1, 0]))
    assert (orders[:, 0] == 1).all()
    assert (orders[:, 4] == 4).all()
    assert len(orders.unique(dim=0)) > 2
    assert orders_by(torch.tensor([1.0, 3, 2])).tolist() == [[1, 2, 0]]
