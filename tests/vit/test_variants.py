"""Test models that pool the mean of their patches, and models without position embeddings."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.vit.random_models import images, lively
from vit import ViTConfig, checkpoint
from vit.analysis.ablation import rearranged, without
from vit.analysis.qkv import qkv
from vit.explain.attention import attention
from vit.explain.gradient import completeness_gap, integrated_gradients
from vit.explain.logit_lens import lens
from vit.explain.masking import MaskedModel
from vit.explain.methods import METHODS
from vit.explain.relevance import relevance
from vit.explain.rollout import rollout
from vit.explain.shapley import shapley
from vit.ood_detector import features

MEAN = ViTConfig(patch_size=14, embed_dim=16, depth=2, num_heads=2, mlp_dim=32, pool="mean")
NO_POSITIONS = ViTConfig(positions="none", depth=2)
BOTH = ViTConfig(pool="mean", positions="none", depth=2, norm="post")


@pytest.mark.parametrize("config", [NO_POSITIONS, BOTH])
@torch.no_grad()
def test_without_positions_a_shuffled_image_gives_the_same_logits(config):
    model = lively(config)
    image = images(1)[0]
    order = torch.randperm(config.num_patches, generator=torch.Generator().manual_seed(3)).tolist()
    shuffled = rearranged(image, order)
    assert not torch.equal(image, shuffled)
    torch.testing.assert_close(model(image[None]), model(shuffled[None]), atol=1e-5, rtol=1e-5)
    there, here = model.trace(image[None]), model.trace(shuffled[None])
    places = [0, *(1 + place for place in order)]
    torch.testing.assert_close(here.tokens, there.tokens[:, :, places], atol=1e-5, rtol=1e-5)


def test_a_model_without_positions_has_no_weights_for_them(tmp_path):
    model, with_them = lively(NO_POSITIONS), lively(ViTConfig(depth=2))
    assert with_them.num_params - model.num_params == NO_POSITIONS.num_tokens * NO_POSITIONS.embed_dim
    assert not model.pos_embed.any() and "pos_embed" not in model.state_dict()
    checkpoint.save(model, tmp_path / "no_positions.safetensors")
    again = checkpoint.load(tmp_path / "no_positions.safetensors")
    assert again.config == NO_POSITIONS
    assert torch.equal(again(images()), model(images()))
    assert torch.equal(without(model, positions=False)(images()), model(images()))


@torch.no_grad()
def test_the_mean_of_the_patches_logits_is_the_answer():
    """The head is linear, so the mean of the patches' logits equals the logits; cls has no part in it."""
    model = lively(MEAN)
    trace = model.trace(images(2))
    each = model.head(model.norm(trace.tokens[-1]))  # (B, N, K)
    torch.testing.assert_close(each[:, 1:].mean(dim=1), trace.logits, atol=1e-5, rtol=1e-5)
    assert (each[:, 0] - trace.logits).abs().max() > 1e-2
    lens_probs = lens(model, images(1)[0])
    torch.testing.assert_close(lens_probs[-1, 0], model(images(1))[0].softmax(dim=-1), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(
        lens_probs[-1, 1:], model.head(model.norm(model.trace(images(1)).tokens[-1, 0, 1:])).softmax(-1)
    )


def test_with_mean_pooling_cls_of_the_last_block_does_not_matter():
    model = lively(MEAN)
    tokens = model.embed(images(2)).detach().requires_grad_()
    (slopes,) = torch.autograd.grad(model.classify(tokens).square().sum(), tokens)
    assert not slopes[:, 0].any() and slopes[:, 1:].any(dim=-1).all()


@torch.no_grad()
def test_with_mean_pooling_attention_and_rollout_average_the_patches():
    """Compare with rows added one by one, and with rollout as a walk from each patch."""
    model, image = lively(MEAN), images(1)[0]
    seen = model.trace(image[None]).attention[:, 0]  # (L, h, N, N)
    expected = torch.stack([seen[-1, head, query, 1:] for head in range(2) for query in range(1, 5)]).mean(dim=0)
    torch.testing.assert_close(attention(model, image).flatten(), expected)
    steps = [(layer.mean(dim=0) + torch.eye(5)) / 2 for layer in seen]
    walked = torch.stack([torch.eye(5)[start] @ steps[1] @ steps[0] for start in range(1, 5)]).mean(dim=0)
    torch.testing.assert_close(rollout(model, image).flatten(), walked[1:])


def test_with_mean_pooling_relevance_averages_the_patches():
    config = ViTConfig(patch_size=14, embed_dim=16, depth=1, num_heads=2, mlp_dim=32, pool="mean")
    model, image = lively(config), images(1)[0]
    tokens = model.embed(image[None]).detach().requires_grad_()
    after, weights = model.blocks[0](tokens)
    logit = model.head(model.norm(after)[0, 1:].mean(dim=0))[3]
    (slope,) = torch.autograd.grad(logit, weights)
    helped = (weights * slope).clamp_min(0).mean(dim=1)[0] + torch.eye(5)
    torch.testing.assert_close(relevance(model, image, 3).flatten(), helped[1:].mean(dim=0)[1:].detach())


@pytest.mark.parametrize("config", [MEAN, BOTH])
def test_every_explanation_works(config):
    """Integrated gradients add up, and Shapley values work down to no visible patch."""
    model = lively(config)
    image = torch.zeros(1, 28, 28)
    image[:, 4:20, 6:16] = images(1)[0][:, 4:20, 6:16]
    for key, method in METHODS.items():
        if config is MEAN or not key.startswith("shapley"):
            found = method.ask(model, image, 3)
            assert found.shape == (config.grid_size, config.grid_size) and found.isfinite().all(), key
    gradients = integrated_gradients(model, image, 3, steps=256)
    assert abs(completeness_gap(model, image, 3, gradients)) < 0.02
    trace = model.trace(image[None])
    assert features(trace).shape == (1, (config.depth + 1) * config.embed_dim) and qkv(model, trace).isfinite().all()


@torch.no_grad()
def test_with_mean_pooling_and_no_visible_patch_the_logits_are_the_bias():
    model, image = lively(MEAN), images(1)[0]
    nothing = MaskedModel(model, image).logits(torch.zeros(1, 4, dtype=torch.bool))
    torch.testing.assert_close(nothing[0], model.head.bias)
    torch.testing.assert_close(model(image[None], torch.empty(1, 0, dtype=torch.long))[0], model.head.bias)
    three = MaskedModel(model, image).logits(torch.tensor([[True, False, True, True]]))
    torch.testing.assert_close(three, model(image[None], torch.tensor([[0, 2, 3]])), atol=1e-5, rtol=1e-5)
    assert shapley(model, image, 3).isfinite().all()


def test_a_checkpoint_from_before_these_choices_still_loads(tmp_path):
    """Its header has no pool, positions or names."""
    model, path = lively(ViTConfig(depth=1)), tmp_path / "old.safetensors"
    checkpoint.save(model, path)
    metadata, tensors = checkpoint.read_file(path)
    config = json.loads(metadata["config"])
    for name in ("pool", "positions", "names"):
        del config[name]
    metadata["config"] = json.dumps(config)
    metadata["digest"] = checkpoint.digest(tensors, metadata)
    save_file(load_file(path), path, metadata)
    again = checkpoint.load(path)
    assert again.config == model.config and torch.equal(again(images()), model(images()))
