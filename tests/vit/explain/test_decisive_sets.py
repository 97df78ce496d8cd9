"""Compare the best orders and the smallest deciding sets with a search through all of them."""

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


def test_no_patches_give_an_empty_order():
    assert lowest_order(random_table(0)).tolist() == []


def random_logits(n: int, seed: int) -> torch.Tensor:
    return torch.randn(2**n, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def number(patches: tuple[int, ...]) -> int:
    return sum(2**patch for patch in patches)


@pytest.mark.parametrize("seed", range(3))
def test_smallest_sets_equal_a_search_by_size(seed):
    n = 5
    logits = random_logits(n, seed)
    target = int(logits[-1].argmax())
    for found, decides in (
        (smallest_sufficient(logits, target), lambda some: logits[number(some)].argmax() == target),
        (smallest_flip(logits, target), lambda some: logits[2**n - 1 - number(some)].argmax() != target),
    ):
        size = next(k for k in range(n + 1) if any(decides(some) for some in combinations(range(n), k)))
        assert found is not None
        assert len(patches_in(found)) == size
        assert decides(tuple(patches_in(found)))


def test_of_two_smallest_sets_the_clearer_one_is_taken():
    logits = torch.tensor([[0.0, 1], [1, 0], [4, 0], [9, 0]])
    assert smallest_sufficient(logits, 0) == 2
    assert smallest_flip(logits, 0) == 3


def test_no_set_at_all():
    logits = torch.tensor([[0.0, 1]] * 4)
    assert smallest_sufficient(logits, 0) is None
    assert smallest_flip(logits, 1) is None
    assert smallest_flip(logits, 0) == 0
