"""Compare ablated models and rearranged images with a forward pass and an image written out by hand."""

import copy

import pytest
import torch

from tests.vit.explain.games import lively, picture
from vit.analysis.ablation import rearranged, without


def by_hand(model, image, head=None, layer=None):
    """Return the logits, computed block by block, with one head's output set to zero or one layer skipped."""
    tokens = model.embed(image[None])
    for index, block in enumerate(model.blocks):
        if layer == index:
            continue
        attn = block.attn
        seen = block.norm1(tokens)
        q, k, v = attn.qkv(seen).unflatten(-1, (3, attn.num_heads, attn.head_dim)).permute(2, 0, 3, 1, 4)
        mixed = (q @ k.mT * attn.scale).softmax(-1) @ v  # (1, h, N, d)
        if head and head[0] == index:
            mixed[:, head[1]] = 0
        tokens = tokens + attn.proj(mixed.transpose(1, 2).flatten(2))
        tokens = tokens + block.mlp(block.norm2(tokens))
    return model.classify(tokens)


@pytest.mark.parametrize("head", [(0, 0), (1, 2), (2, 1)])
def test_a_head_that_is_off_adds_nothing(head):
    model = lively()
    found = without(model, heads=[head])(picture()[None])
    torch.testing.assert_close(found, by_hand(model, picture(), head=head))
    assert not torch.allclose(found, model(picture()[None]))


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_layer_that_is_off_is_skipped(layer):
    model = lively()
    found = without(model, layers=[layer])(picture()[None])
    torch.testing.assert_close(found, by_hand(model, picture(), layer=layer))


def test_all_heads_off_is_a_layer_without_attention():
    model = lively()
    off = without(model, heads=[(1, head) for head in range(3)])
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.blocks[1].attn.qkv.weight[48:] = 0  # values of zero
        other.blocks[1].attn.qkv.bias[48:] = 0
    torch.testing.assert_close(off(picture()[None]), other(picture()[None]))


def test_without_positions_the_order_of_the_patches_does_not_matter():
    model = lively()
    no_positions, order = without(model, positions=False), torch.randperm(16).tolist()
    moved = rearranged(picture(), order)
    torch.testing.assert_close(no_positions(moved[None]), no_positions(picture()[None]))
    assert not torch.allclose(model(moved[None]), model(picture()[None]))


def test_the_model_itself_stays_as_it_was():
    model = lively()
    before = copy.deepcopy(model.state_dict())
    without(model, heads=[(0, 1)], layers=[2], positions=False)
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())


def test_a_model_with_no_part_off_gives_the_same_logits():
    model = lively("post")
    torch.testing.assert_close(without(model)(picture()[None]), model(picture()[None]))


@pytest.mark.parametrize("grid", [2, 4, 7])
def test_patches_lie_where_the_order_says(grid):
    P, order = 28 // grid, torch.randperm(grid * grid).tolist()
    found = rearranged(picture(), order, erased=[1])
    for place, source in enumerate(order):
        (y, x), (top, left) = divmod(place, grid), divmod(source, grid)
        here = found[0, y * P : (y + 1) * P, x * P : (x + 1) * P]
        there = picture()[0, top * P : (top + 1) * P, left * P : (left + 1) * P]
        assert torch.equal(here, torch.zeros_like(there) if place == 1 else there)


def test_the_same_order_is_the_same_image():
    image = picture()
    assert torch.equal(rearranged(image, range(16)), image)
    assert rearranged(image, range(16), erased=[3]) is not image
    assert torch.equal(image, picture())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: without(lively(), heads=[(3, 0)]), "layer must be a whole number from 0 to 2"),
        (lambda: without(lively(), heads=[(0, 3)]), "head must be a whole number from 0 to 2"),
        (lambda: without(lively(), layers=[-1]), "layer"),
        (lambda: without(lively(), layers=[True]), "layer"),
        (lambda: rearranged(picture(), [0, 0, 1, 2]), "each patch"),
        (lambda: rearranged(picture(), []), "each patch"),
        (lambda: rearranged(picture(), range(9)), "each patch"),
        (lambda: rearranged(picture(), range(16), erased=[16]), "place must be a whole number from 0 to 15"),
    ],
)
def test_a_missing_layer_head_or_patch_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
