"""Compare the mean attention distance with a double loop, and with heads whose distance is known."""

import math

import pytest
import torch

from tests.vit.explain.games import lively, picture
from vit.analysis.attention_distance import even_distance, head_distances, mean_distance


def by_loops(attention, side, patch_size):
    """Return the mean distance of one head's (N, N) attention by a loop over pairs of patches, without cls."""
    total = 0.0
    for query in range(side * side):
        row = [float(share) for share in attention[query + 1][1:]]
        for key, share in enumerate(row):
            down, right = key // side - query // side, key % side - query % side
            total += share / sum(row) * patch_size * math.sqrt(down**2 + right**2)
    return total / side**2


@pytest.mark.parametrize(("side", "patch_size"), [(2, 14), (4, 7), (7, 4)])
def test_mean_distance_equals_a_double_loop(side, patch_size):
    generator = torch.Generator().manual_seed(side)
    attention = torch.randn(2, 3, side**2 + 1, side**2 + 1, generator=generator).softmax(dim=-1)
    found = mean_distance(attention, patch_size)
    assert found.shape == (2, 3)
    for layer in range(2):
        for head in range(3):
            assert found[layer, head].item() == pytest.approx(by_loops(attention[layer, head], side, patch_size), 1e-5)


def test_distances_of_heads_that_attend_to_one_known_token():
    to_itself = torch.eye(17)
    beside = torch.zeros(17, 17)
    for token in range(1, 17):
        beside[token, token + 1 if token % 4 else token - 1] = 0.25  # the right neighbour; at a row's end the left
        beside[token, 0] = 0.75  # the rest goes to cls, which has no place
    to_cls = torch.zeros(17, 17)
    to_cls[:, 0] = 1
    assert mean_distance(torch.stack([to_itself, beside, to_cls]), 7).tolist() == [0, 7, 0]


def test_the_attention_of_cls_does_not_count():
    attention = torch.rand(17, 17)
    other = attention.clone()
    other[0] = torch.rand(17)
    assert mean_distance(attention, 7) == mean_distance(other, 7)


@pytest.mark.parametrize(("side", "patch_size"), [(2, 14), (4, 7)])
def test_uniform_attention_has_the_even_distance(side, patch_size):
    even = torch.full((side**2 + 1, side**2 + 1), 1 / (side**2 + 1))
    assert even_distance(side, patch_size) == pytest.approx(by_loops(even, side, patch_size))


@torch.no_grad()
def test_the_heads_of_a_model_are_averaged_over_the_images():
    model = lively()
    trace = model.trace(torch.stack([picture(seed) for seed in range(3)]))
    found = head_distances(trace, 7)
    assert found.shape == (3, 3)
    expected = sum(by_loops(trace.attention[1, image, 2], 4, 7) for image in range(3)) / 3
    assert found[1, 2].item() == pytest.approx(expected)


def test_attention_without_a_square_grid_is_refused():
    with pytest.raises(ValueError, match=r"1 \+ G\*G"):
        mean_distance(torch.ones(6, 6), 7)
