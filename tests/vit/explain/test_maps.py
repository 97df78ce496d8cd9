"""Compare each approximate method with its definition or with an independent library, and test what it ignores."""

import copy

import pytest
import torch
from captum.attr import FeatureAblation, IntegratedGradients

from tests.vit.explain.games import CONFIGS, drawing, lively, picture
from vit import explain
from vit.explain.masking import log_odds
from vit.explain.relevance import attention_gradients
from vit.explain.rollout import multiply_attention

every_model = pytest.mark.parametrize("name", CONFIGS)
CLASS_AGNOSTIC = (explain.attention, explain.rollout)
CLASS_SPECIFIC = (explain.relevance, explain.gradient, explain.integrated_gradients, explain.occlusion)


@every_model
@pytest.mark.parametrize("method", [*CLASS_AGNOSTIC, *CLASS_SPECIFIC], ids=lambda method: method.__name__)
def test_a_map_is_a_grid(name, method):
    model = lively(name).float()
    found = method(model, picture().float(), *([3] if method in CLASS_SPECIFIC else []))
    assert found.shape == (model.config.grid_size,) * 2
    assert found.dtype == torch.float32
    assert found.isfinite().all()
    assert not found.requires_grad


@every_model
def test_rollout_rows_sum_to_one(name):
    model = lively(name)
    total = multiply_attention(model.trace(picture()[None]).attention)
    torch.testing.assert_close(total.sum(dim=-1), torch.ones_like(total[..., 0]))
    assert explain.rollout(model, picture()).sum() < 1


def test_rollout_of_one_block_by_hand():
    attention = torch.tensor(
        [[[[[0.2, 0.8], [0.6, 0.4]], [[0.4, 0.6], [1.0, 0.0]]]]]
    )  # one block, one image, two heads
    torch.testing.assert_close(multiply_attention(attention), torch.tensor([[[0.65, 0.35], [0.4, 0.6]]]))


def test_rollout_follows_two_blocks():
    """In the first block patch 1 attends to patch 2; in the second cls attends to patch 1, and so also to patch 2."""
    stay, first, second = torch.eye(3), torch.eye(3), torch.eye(3)
    first[1] = torch.tensor([0.0, 0, 1])
    second[0] = torch.tensor([0.0, 1, 0])
    attention = torch.stack([first, second, stay])[:, None, None]
    torch.testing.assert_close(multiply_attention(attention)[0, 0], torch.tensor([0.5, 0.25, 0.25]))


def test_attention_is_the_mean_of_the_heads():
    model = lively()
    expected = model.trace(picture()[None]).attention[-1, 0, :, 0, 1:].mean(dim=0).view(4, 4)
    torch.testing.assert_close(explain.attention(model, picture()), expected)


def test_gradients_of_attention_are_slopes():
    """A small change of one attention weight in the last block changes the logit by its gradient times the change."""
    model, image = lively(), picture()
    attention, gradients = attention_gradients(model, image, 3)
    trace, block = model.trace(image[None]), model.blocks[-1]
    tokens = trace.tokens[-2]
    D = model.config.embed_dim
    _, _, v = block.attn.split_heads(block.norm1(tokens))  # (B, h, N, d)

    def logit(weights: torch.Tensor) -> torch.Tensor:
        mixed = block.attn.proj((weights @ v).transpose(1, 2).flatten(2))
        after = tokens + mixed
        after = after + block.mlp(block.norm2(after))
        return model.classify(after)[0, 3]

    torch.testing.assert_close(attention[-1], trace.attention[-1, 0])
    head, patch, step = 1, 5, 1e-6
    up, down = attention[-1].clone(), attention[-1].clone()
    up[head, 0, patch] += step
    down[head, 0, patch] -= step
    slope = (logit(up) - logit(down)) / (2 * step)
    assert D == 24
    assert gradients[-1][head, 0, patch].item() == pytest.approx(slope.item(), rel=1e-5)


def test_relevance_of_one_block_is_its_helpful_attention():
    model = lively("2x2")
    model.blocks = model.blocks[:1]
    attention, gradients = attention_gradients(model, picture(), 2)
    expected = (attention * gradients).clamp(min=0).mean(dim=1)[0, 0, 1:].view(2, 2)
    torch.testing.assert_close(explain.relevance(model, picture(), 2), expected)


@every_model
def test_integrated_gradients_equal_captums(name):
    model, image, target = lively(name), picture(), 3
    with torch.no_grad():
        drawn, blank = model.embed(torch.stack([image, torch.zeros_like(image)]))
    oracle = IntegratedGradients(lambda tokens: log_odds(model.encode(tokens), target))
    expected = oracle.attribute(drawn[None], blank[None], n_steps=200)[0].sum(dim=1)[1:]
    found = explain.integrated_gradients(model, image, target, steps=200)
    torch.testing.assert_close(found.flatten(), expected.detach(), atol=5e-3, rtol=1e-3)


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="steps must be"):
        explain.integrated_gradients(lively(), picture(), 3, steps=0)


@every_model
def test_integrated_gradients_are_complete(name):
    model, image = lively(name), picture()
    gaps = []
    for steps in (4, 400):
        found = explain.integrated_gradients(model, image, 5, steps)
        gaps.append(abs(explain.completeness_gap(model, image, 5, found)))
    assert gaps[1] < 5e-3  # at the kinks of ReLU a sum over points stays inexact
    assert gaps[1] < gaps[0]


def test_gradient_is_the_slope_along_each_patch():
    model, image = lively(), picture()
    with torch.no_grad():
        drawn, blank = model.embed(torch.stack([image, torch.zeros_like(image)]))
    step, found = 1e-6, explain.gradient(model, image, 6).flatten()
    for patch in (0, 7, 15):
        moved = drawn.repeat(2, 1, 1)
        moved[0, 1 + patch] += step * (drawn - blank)[1 + patch]
        moved[1, 1 + patch] -= step * (drawn - blank)[1 + patch]
        up, down = log_odds(model.encode(moved), 6).tolist()
        assert found[patch].item() == pytest.approx((up - down) / (2 * step), rel=1e-5)


def test_patches_without_ink_have_no_gradient():
    model, image = lively(), drawing((5, 6))
    for method in (explain.gradient, explain.integrated_gradients):
        found = method(model, image, 3).flatten()
        assert (found != 0).nonzero().flatten().tolist() == [5, 6]


def test_occlusion_of_erased_patches_equals_captums():
    model, image, target = lively("2x2"), picture(), 3
    mask = torch.arange(4).view(2, 2).repeat_interleave(14, 0).repeat_interleave(14, 1)[None, None]
    with torch.no_grad():
        oracle = FeatureAblation(lambda images: log_odds(model(images), target))
        expected = oracle.attribute(image[None], feature_mask=mask)[0, 0, ::14, ::14]
    torch.testing.assert_close(explain.occlusion(model, image, target, "erased"), expected)


def test_occlusion_of_unseen_patches_drops_them():
    model, image = lively("2x2"), picture()
    with torch.no_grad():
        whole = log_odds(model(image[None]), 3)
        without = log_odds(model(image[None], torch.tensor([[0, 1, 3]])), 3)
    assert explain.occlusion(model, image, 3)[1, 0].item() == pytest.approx((whole - without).item())


@every_model
def test_lens_ends_with_the_models_answer(name):
    model = lively(name)
    found = explain.lens(model, picture())
    config = model.config
    assert found.shape == (config.depth, config.num_tokens, 10)
    torch.testing.assert_close(found[-1, 0], model(picture()[None]).softmax(dim=-1)[0].detach())
    torch.testing.assert_close(found.sum(dim=-1), torch.ones_like(found[..., 0]))


def randomised(model, blocks: int, name: str = "pre"):
    """Return a copy of the model with random weights in its head and its last `blocks` blocks."""
    other, fresh = copy.deepcopy(model), lively(name, seed=9)
    other.head.load_state_dict(fresh.head.state_dict())
    for old, new in list(zip(other.blocks, fresh.blocks, strict=True))[len(model.blocks) - blocks :]:
        old.load_state_dict(new.state_dict())
    return other


@pytest.mark.parametrize("method", CLASS_SPECIFIC, ids=lambda method: method.__name__)
def test_class_specific_maps_change_with_the_weights_from_the_top(method):
    model = lively()
    before = method(model, picture(), 3)
    for blocks in range(4):
        after = method(randomised(model, blocks), picture(), 3)
        correlation = torch.corrcoef(torch.stack([before.flatten(), after.flatten()]))[0, 1]
        assert correlation < 0.9, blocks


@pytest.mark.parametrize("mask_mode", ["unseen", "erased"])
def test_shapley_values_change_with_the_weights_from_the_top(mask_mode):
    """The values also differ between classes; the model has four patches, so that all subsets are cheap."""
    model = lively("2x2")
    before = explain.shapley(model, picture(), 3, mask_mode)
    assert not torch.allclose(before, explain.shapley(model, picture(), 4, mask_mode), rtol=0.1)
    for blocks in range(4):
        after = explain.shapley(randomised(model, blocks, "2x2"), picture(), 3, mask_mode)
        assert (after - before).norm() > 0.3 * before.norm(), blocks


@pytest.mark.parametrize("method", CLASS_SPECIFIC, ids=lambda method: method.__name__)
def test_class_specific_maps_differ_between_classes(method):
    assert not torch.allclose(method(lively(), picture(), 3), method(lively(), picture(), 4), rtol=0.1)


@pytest.mark.parametrize("method", CLASS_AGNOSTIC, ids=lambda method: method.__name__)
def test_attention_and_rollout_do_not_depend_on_the_head(method):
    """These maps do not depend on the class: another head gives other logits and the same map."""
    model = lively()
    other = randomised(model, blocks=0)
    assert not torch.allclose(model(picture()[None]), other(picture()[None]))
    assert torch.equal(method(model, picture()), method(other, picture()))
    assert not torch.allclose(method(model, picture()), method(randomised(model, blocks=2), picture()))


@pytest.mark.parametrize("method", [*CLASS_AGNOSTIC, *CLASS_SPECIFIC], ids=lambda method: method.__name__)
def test_a_method_leaves_the_model_unchanged(method):
    model = lively()
    for weight in model.parameters():
        weight.requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    first = method(model, picture(), *([3] if method in CLASS_SPECIFIC else []))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())
    assert torch.equal(first, method(model, picture(), *([3] if method in CLASS_SPECIFIC else [])))
