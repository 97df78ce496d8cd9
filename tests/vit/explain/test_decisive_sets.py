"""The best orders and the deciding sets, against going through all of them."""

from itertools import combinations

import pytest
import torch

from tests.vit.explain.games import chains, random_table
from vit.explain.decisive_sets import lowest_order, patches_in, smallest_flip, smallest_sufficient


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_best_order_is_the_best_of_all(n, sign):
    table = sign * random_table(n, seed=n)
    found = lowest_order(table)
    sums = {order: sum(values) for order, values in chains(table, n)}
    assert sums[tuple(found.tolist())] == pytest.approx(min(sums.values()))


def test_nobody_has_an_order():
    assert lowest_order(random_table(0)).tolist() == []


def answers(n: int, seed: int) -> torch.Tensor:
    return torch.randn(2**n, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def number(players: tuple[int, ...]) -> int:
    return sum(2**player for player in players)


@pytest.mark.parametrize("seed", range(3))
def test_smallest_sets_equal_a_search_by_size(seed):
    n = 5
    logits = answers(n, seed)
    target = int(logits[-1].argmax())
    for found, decides in (
        (smallest_sufficient(logits, target), lambda some: logits[number(some)].argmax() == target),
        (smallest_flip(logits, target), lambda some: logits[2**n - 1 - number(some)].argmax() != target),
    ):
        size = next(k for k in range(n + 1) if any(decides(some) for some in combinations(range(n), k)))
        assert found is not None
        assert len(patches_in(found)) == size
        assert decides(tuple(patches_in(found)))


def test_of_equally_small_sets_the_clearest():
    logits = torch.tensor([[0.0, 1], [1, 0], [4, 0], [9, 0]])
    assert smallest_sufficient(logits, 0) == 2
    assert smallest_flip(logits, 0) == 3


def test_no_set_at_all():
    logits = torch.tensor([[0.0, 1]] * 4)
    assert smallest_sufficient(logits, 0) is None
    assert smallest_flip(logits, 1) is None
    assert smallest_flip(logits, 0) == 0
