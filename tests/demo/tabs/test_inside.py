"""Test tab Inside: its answer has the model's own queries, keys and values, or one clear sentence."""

import json

import numpy as np
import pytest
import torch

import vit
from demo.requests import EXPIRED, Reader
from demo.tabs.inside.server import Inside
from tests.demo.packed import unpack
from vit import checkpoint, ink

EXAMPLES = json.loads((checkpoint.ASSETS / "examples.json").read_text())
SEVEN = {"strokes": EXAMPLES[0]["strokes"]}


@pytest.fixture
def inside() -> Inside:
    return Inside(Reader({}.get))


def restored(answer) -> np.ndarray:
    """Return the numbers as the browser decodes them, (L, 3, h, N, d)."""
    low, high = (unpack(answer[name])[..., None, None] for name in ("low", "high"))
    return low + unpack(answer["qkv"]) * (high - low)


@pytest.mark.parametrize("name", ["digits-4x4", "digits-7x7"])
def test_attention_and_the_first_block_follow_from_the_answer(inside, two_ship, name):
    answer = inside.numbers(SEVEN | {"model": name})
    model = two_ship[name]
    q, k, v = torch.from_numpy(restored(answer)).unbind(dim=1)  # (L, h, N, d) each
    with torch.no_grad():
        trace = model.trace(torch.from_numpy(ink.from_strokes(SEVEN["strokes"]))[None, None])
        attention = (q @ k.mT / model.config.head_dim**0.5).softmax(dim=-1)
        torch.testing.assert_close(attention, trace.attention[:, 0], atol=2e-3, rtol=0)
        block = model.blocks[0]
        mixed = block.attn.proj((attention[0] @ v[0]).transpose(0, 1).flatten(1))
        tokens = trace.embedded[0] + mixed
        torch.testing.assert_close(tokens + block.mlp(block.norm2(tokens)), trace.tokens[0, 0], atol=5e-3, rtol=0)


def test_equal_numbers_are_restored(inside, two_ship):
    with torch.no_grad():
        two_ship["digits-7x7"].blocks[0].attn.qkv.weight.zero_()
        two_ship["digits-7x7"].blocks[0].attn.qkv.bias.fill_(0.5)
    folder = checkpoint.ASSETS
    checkpoint.save(two_ship["digits-7x7"], folder / "digits-7x7.safetensors")
    assert restored(inside.numbers(SEVEN | {"model": "digits-7x7"}))[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (SEVEN | {"model": "nobody"}, EXPIRED),
        ({"strokes": []}, ""),
        ({"sample": -1}, "shipped MNIST digit"),
        ([], "expected a drawing"),
    ],
)
def test_an_invalid_request_gets_a_sentence(inside, payload, message):
    answer = inside.numbers(payload)
    assert list(answer) == ["error"]
    assert answer["error"]
    assert message in answer["error"]


def test_the_answer_is_small(inside):
    """All layers and heads of the default model fit into 60 KB."""
    assert vit.load("digits-4x4").config.num_tokens == 17
    assert len(json.dumps(inside.numbers(SEVEN))) < 60_000
