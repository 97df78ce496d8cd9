"""Recompute the attention and the blocks of a model by hand from its queries, keys and values."""

import math

import pytest
import torch

from tests.vit.explain.games import lively, picture
from vit.analysis.qkv import qkv

MODELS = ("pre", "post", "2x2")


def traced(name, count=2):
    model = lively(name)
    images = torch.stack([picture(seed) for seed in range(count)])
    with torch.no_grad():
        return model, model.trace(images)


@pytest.mark.parametrize("name", MODELS)
def test_the_attention_follows_from_queries_and_keys(name):
    model, trace = traced(name)
    config = model.config
    found = qkv(model, trace)
    assert found.shape == (config.depth, 2, 3, config.num_heads, config.num_tokens, config.head_dim)
    for layer, image, head, query in ((0, 0, 0, 0), (config.depth - 1, 1, 1, 3), (1, 0, config.num_heads - 1, 2)):
        q, keys = found[layer, image, 0, head, query].tolist(), found[layer, image, 1, head].tolist()
        scores = [sum(a * b for a, b in zip(q, k, strict=True)) / math.sqrt(config.head_dim) for k in keys]
        total = sum(math.exp(score) for score in scores)
        expected = [math.exp(score) / total for score in scores]
        assert trace.attention[layer, image, head, query].tolist() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_the_blocks_follow_from_attention_and_values(name):
    """Concatenate the heads' outputs, project and add them, then apply the MLP: the result is the block's output."""
    model, trace = traced(name)
    values = qkv(model, trace)[:, :, 2]  # (L, B, h, N, d)
    before = torch.cat([trace.embedded[None], trace.tokens[:-1]])
    for layer, block in enumerate(model.blocks):
        outputs = torch.einsum("bhqk,bhkd->bqhd", trace.attention[layer], values[layer]).flatten(2)
        mixed = outputs @ block.attn.proj.weight.T + block.attn.proj.bias
        if name == "post":
            tokens = block.norm1(before[layer] + mixed)
            tokens = block.norm2(tokens + block.mlp(tokens))
        else:
            tokens = before[layer] + mixed
            tokens = tokens + block.mlp(block.norm2(tokens))
        torch.testing.assert_close(tokens, trace.tokens[layer])


def test_another_models_trace_is_refused():
    _, trace = traced("pre")
    with pytest.raises(ValueError, match="trace must have"):
        qkv(lively("post"), trace)
