"""Compare the model with PyTorch's own modules, and test properties on which all views rely."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.vit.random_models import every_config, images, lively, torch_encoder
from vit import PRESETS, VisionTransformer, ViTConfig
from vit.model import Attention, PatchEmbed
from vit.trace import to_grid


@every_config
def test_logits_equal_those_of_nn_transformer_encoder(config):
    model = lively(config)
    batch = images()
    with torch.no_grad():
        normalised = (batch - config.mean) / config.std
        patches = F.unfold(normalised, config.patch_size, stride=config.patch_size).transpose(1, 2)
        tokens = torch.cat([model.cls_token.repeat(3, 1, 1), model.patch_embed.proj(patches)], dim=1)
        if config.positions == "learned":
            tokens = tokens + model.pos_embed
        seen = torch_encoder(model)(tokens)
        expected = model.head(seen[:, 0] if config.pool == "cls" else seen[:, 1:].mean(dim=1))
        torch.testing.assert_close(model(batch), expected, atol=1e-5, rtol=1e-4)


@every_config
def test_trace_and_forward_give_the_same_logits(config):
    model = lively(config)
    with torch.no_grad():
        trace, logits = model.trace(images()), model(images())
    torch.testing.assert_close(trace.logits, logits, atol=1e-5, rtol=1e-5)
    L, N, D = config.depth, config.num_tokens, config.embed_dim
    assert trace.attention.shape == (L, 3, config.num_heads, N, N)
    assert trace.tokens.shape == (L, 3, N, D)
    assert trace.embedded.shape == (3, N, D)
    torch.testing.assert_close(model.classify(trace.tokens[-1]), logits, atol=1e-5, rtol=1e-5)


@every_config
@torch.no_grad()
def test_a_batch_traced_in_parts_is_the_same_trace(config, monkeypatch):
    model, batch = lively(config), images(5)
    whole = model.trace(batch)
    monkeypatch.setattr("vit.model.TOKENS_AT_ONCE", 2 * config.num_tokens)  # two images, two, one
    parts = model.trace(batch)
    for name in ("logits", "attention", "tokens", "embedded"):
        torch.testing.assert_close(getattr(parts, name), getattr(whole, name), atol=1e-5, rtol=1e-4)


def test_a_trace_has_no_gradients():
    trace = lively(PRESETS["4x4"]).trace(images())
    assert trace.tokens.numpy().shape == (3, 3, 17, 96)
    assert not any(getattr(trace, name).requires_grad for name in ("logits", "attention", "tokens", "embedded"))


def test_the_attention_of_a_bfloat16_model_is_not_rounded():
    """If attention were rounded to bfloat16, its rows would no longer sum to 1."""
    with torch.no_grad():
        attention = lively(PRESETS["4x4"]).bfloat16().trace(images().bfloat16()).attention
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones(attention.shape[:-1]))


@every_config
def test_computing_only_cls_in_the_last_block_keeps_the_gradients(config):
    model = lively(config).double()
    labels = torch.tensor([3, 1, 4])

    def whole(batch):
        tokens = model.embed(batch)
        for block in model.blocks:
            tokens, _ = block(tokens)
        return model.classify(tokens)

    gradients = []
    for read in (model.forward, whole):
        model.zero_grad()
        F.cross_entropy(read(images().double()), labels).backward()
        gradients.append([weight.grad.clone() for weight in model.parameters() if weight.grad is not None])
    assert len(gradients[0]) == len(list(model.parameters()))
    for short, full in zip(*gradients, strict=True):
        torch.testing.assert_close(short, full, atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("num_heads", [1, 4, 8])
def test_attention_equals_nn_multihead_attention(num_heads):
    config = ViTConfig(num_heads=num_heads)
    torch.manual_seed(0)
    ours = Attention(config)
    theirs = nn.MultiheadAttention(config.embed_dim, num_heads, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": ours.qkv.weight,
            "in_proj_bias": ours.qkv.bias,
            "out_proj.weight": ours.proj.weight,
            "out_proj.bias": ours.proj.bias,
        }
    )
    tokens = torch.randn(2, 17, config.embed_dim)
    mixed, attn = ours(tokens)
    expected, weights = theirs(tokens, tokens, tokens, need_weights=True, average_attn_weights=False)
    torch.testing.assert_close(mixed, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(attn, weights, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("patch_size", [1, 2, 4, 7, 14, 28])
@pytest.mark.parametrize("in_chans", [1, 3])
def test_patches_equal_nn_unfold(patch_size, in_chans):
    batch = torch.randn(2, in_chans, 28, 28)
    patches = PatchEmbed(ViTConfig(patch_size=patch_size, in_chans=in_chans)).patches(batch)
    expected = nn.Unfold(patch_size, stride=patch_size)(batch).transpose(1, 2)
    assert torch.equal(patches, expected)


@every_config
def test_an_empty_batch_works(config):
    model, nothing = VisionTransformer(config).eval(), torch.zeros(0, 1, 28, 28)
    L, h, N, D = config.depth, config.num_heads, config.num_tokens, config.embed_dim
    assert model(nothing).shape == (0, 10)
    assert model.patch_embed.patches(nothing).shape == (0, N - 1, config.patch_size**2)
    trace = model.trace(nothing)
    assert (trace.logits.shape, trace.embedded.shape) == ((0, 10), (0, N, D))
    assert (trace.attention.shape, trace.tokens.shape) == ((L, 0, h, N, N), (L, 0, N, D))


@every_config
def test_attention_rows_sum_to_one(config):
    with torch.no_grad():
        attention = lively(config).trace(images()).attention
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones(attention.shape[:-1]))
    assert (attention >= 0).all()


@pytest.mark.parametrize("patch_size", [2, 4, 7, 14])
def test_planted_attention_lands_in_its_cell(patch_size):
    """Set the weights so that cls attends to the one patch with ink; the map must be highest at that patch."""
    config = ViTConfig(patch_size=patch_size, depth=1, num_heads=1, embed_dim=2, mlp_dim=1, mean=0.0, std=1.0)
    model = VisionTransformer(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.blocks[0].norm1.weight.fill_(1)
        model.cls_token[..., 0], model.cls_token[..., 1] = 1, -1
        # A patch's first feature is its ink, so after the norm an inked token is (+1, -1) and an empty one (0, 0).
        model.patch_embed.proj.weight[0] = 1
        model.patch_embed.proj.weight[1] = -1
        model.blocks[0].attn.qkv.weight.data[0, 0] = 80  # the query of cls
        model.blocks[0].attn.qkv.weight.data[2, 0] = 1  # the key of a token
        model.cls_token.mul_(0.001)  # cls has a query, but a smaller key than ink
        for row in range(config.grid_size):
            for column in (0, config.grid_size // 2, config.grid_size - 1):
                image = torch.zeros(1, 1, 28, 28)
                image[
                    ..., row * patch_size : (row + 1) * patch_size, column * patch_size : (column + 1) * patch_size
                ] = 1
                grid = to_grid(model.trace(image).cls_attention)[0, 0, 0]
                assert divmod(grid.argmax().item(), config.grid_size) == (row, column)
                assert grid[row, column] > 0.99


def test_to_grid_keeps_the_order_and_drops_cls():
    grid = to_grid(torch.arange(17.0).expand(2, 3, 17))
    assert grid.shape == (2, 3, 4, 4)
    assert torch.equal(grid[1, 2], torch.arange(1.0, 17.0).reshape(4, 4))


@pytest.mark.parametrize("count", [0, 1, 3, 16])
def test_to_grid_refuses_a_number_of_tokens_without_square_grid(count):
    with pytest.raises(ValueError, match=str(count)):
        to_grid(torch.zeros(count))


@every_config
def test_logits_do_not_depend_on_the_rest_of_the_batch(config):
    model = lively(config)
    batch = images(5)
    with torch.no_grad():
        together, alone = model(batch), torch.cat([model(image[None]) for image in batch])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


@every_config
def test_the_first_loss_is_that_of_a_uniform_guess(config):
    torch.manual_seed(0)
    model = VisionTransformer(replace(config, start="small"))
    loss = F.cross_entropy(model(images(64)), torch.arange(64) % 10)
    assert abs(loss.item() - math.log(10)) < 0.15


def test_the_blogs_model_is_initialised_like_the_blogs():
    """The cls token is standard normal, positions lie in [0, 1), the head starts as `nn.Linear` does."""
    torch.manual_seed(0)
    model = VisionTransformer(replace(PRESETS["blog"], embed_dim=512))
    assert abs(model.cls_token.mean()) < 0.15 and abs(model.cls_token.std() - 1) < 0.1
    assert 0 <= model.pos_embed.min() < 0.01 and 0.99 < model.pos_embed.max() < 1
    assert abs(model.pos_embed.std() - 12**-0.5) < 0.01
    assert 0.95 < model.head.weight.abs().max() * 512**0.5 <= 1


def test_the_position_of_a_patch_matters():
    """Without positions, an image and its shuffled patches give the same logits."""
    model = lively(PRESETS["4x4"])
    image = images(1)
    shuffled = image.roll(7, dims=-1)
    with torch.no_grad():
        assert (model(image) - model(shuffled)).abs().max() > 1e-3
        model.pos_embed.zero_()
        torch.testing.assert_close(model(image), model(shuffled), atol=1e-5, rtol=1e-5)


def test_dropout_acts_only_in_training():
    model = lively(replace(PRESETS["4x4"], dropout=0.5))
    with torch.no_grad():
        assert torch.equal(model(images()), model(images()))
        model.train()
        assert not torch.equal(model(images()), model(images()))


def test_the_blogs_model_has_the_blogs_number_of_weights():
    """848,458 = 64*(49+1) + 64*(1+17) + 3 encoder layers of 281,152 + 64*10 + 10."""
    layer = nn.TransformerEncoderLayer(64, 8)  # feed-forward 2048 is its default
    of_layers = 3 * sum(weight.numel() for weight in layer.parameters())
    assert VisionTransformer(PRESETS["blog"]).num_params == 64 * 50 + 64 * 18 + of_layers + 650
