"""Compare our dropout with `nn.Dropout`: its distribution, the independence of its draws, and its gradient."""

import math

import pytest
import torch
from torch import nn

from vit import PRESETS, VisionTransformer
from vit.dropout import Dropout

probabilities = pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
DRAWS = 2**20


def dropout(p, seed=0):
    """Seed the global generator and return a `Dropout` in training mode."""
    torch.manual_seed(seed)
    return Dropout(p).train()


def stay_mask(p, count=DRAWS, seed=0):
    """Return which of `count` numbers stay, as zeros and ones in double precision."""
    return (dropout(p, seed)(torch.ones(count)) != 0).double()


def standard_error(share, count):
    return math.sqrt(share * (1 - share) / count)


# --- the distribution


@pytest.mark.parametrize("p", [1e-4, 0.1, 1 / 3, 0.5, 0.9])
def test_the_right_share_of_all_bit_values_drops(p, monkeypatch):
    """Replace the draw by every value of 16 bits, once each and shuffled, and count what drops."""
    order = torch.randperm(2**16, generator=torch.Generator().manual_seed(0)).to(torch.int16)
    monkeypatch.setattr(torch.Tensor, "random_", lambda words, *_: words.copy_(order.view(torch.int64)))
    result = Dropout(p)(torch.ones(2**16, dtype=torch.float64))
    share = (result == 0).double().mean().item()
    assert abs(share - p) <= 2**-17
    assert result.max().item() == pytest.approx(1 / (1 - share), rel=1e-12)
    assert result.mean().item() == pytest.approx(1, rel=1e-12)


@probabilities
def test_mean_and_variance_are_those_of_nn_dropout(p):
    """Ones have mean 1 and variance p / (1 - p) after dropout; nn.Dropout passes the same bounds."""
    for module in (Dropout(p), nn.Dropout(p)):
        torch.manual_seed(1)
        values = module.train()(torch.ones(DRAWS, dtype=torch.float64))
        assert values.mean().item() == pytest.approx(1, abs=4 * math.sqrt(p / (1 - p) / DRAWS))
        assert values.var().item() == pytest.approx(p / (1 - p), rel=0.02)


@probabilities
def test_a_kept_number_is_scaled_and_a_dropped_one_is_zero(p):
    values = torch.randn(1000, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    result = dropout(p)(values)
    assert 0 < (result == 0).sum() < 1000
    stayed = result != 0
    nearest = 2**-17 / (1 - p)  # relative error of the scale: p is rounded to 16 bits
    torch.testing.assert_close(result[stayed], values[stayed] / (1 - p), rtol=1.01 * nearest, atol=0)


# --- independence


@probabilities
def test_numbers_near_each_other_are_uncorrelated(p):
    """The lags lie inside one 64-bit word, between words, and across PyTorch's batch of 624 words of 32 bits."""
    mask = stay_mask(p) - (1 - p)
    for lag in (1, 2, 3, 4, 5, 8, 16, 1248, 2048):
        correlation = (mask[lag:] * mask[:-lag]).mean().item() / (p * (1 - p))
        assert abs(correlation) < 4 / math.sqrt(DRAWS - lag), f"lag {lag}"


@probabilities
def test_the_four_numbers_of_one_word_are_independent_together(p):
    """Compare the sixteen patterns of four with their expected counts: chi-square, 15 degrees of freedom."""
    patterns = (stay_mask(p, seed=3).reshape(-1, 4) @ torch.tensor([1.0, 2, 4, 8], dtype=torch.float64)).long()
    found = torch.bincount(patterns, minlength=16).double()
    ones = torch.tensor([float(pattern.bit_count()) for pattern in range(16)], dtype=torch.float64)
    expected = len(patterns) * (1 - p) ** ones * p ** (4 - ones)
    assert ((found - expected) ** 2 / expected).sum().item() < 44.3  # exceeded by chance once in 10,000


def test_successive_draws_are_independent():
    module = dropout(0.5)
    first, second = ((module(torch.ones(DRAWS)) != 0).double() for _ in range(2))
    together = (first * second).mean().item()
    assert together == pytest.approx(0.25, abs=4 * standard_error(0.25, DRAWS))


def test_whether_a_number_stays_does_not_depend_on_its_value():
    mixed = torch.randn(1000, generator=torch.Generator().manual_seed(4))
    torch.testing.assert_close(dropout(0.3)(mixed) != 0, dropout(0.3)(torch.ones(1000)) != 0)


# --- the generator


def test_the_global_seed_decides_the_mask():
    assert torch.equal(stay_mask(0.3, seed=5), stay_mask(0.3, seed=5))
    assert not torch.equal(stay_mask(0.3, seed=5), stay_mask(0.3, seed=6))


@pytest.mark.parametrize("module", [Dropout(0.0).train(), Dropout(0.4).eval()], ids=["p 0", "evaluation"])
def test_without_dropping_it_is_the_identity_and_draws_nothing(module):
    values, before = torch.randn(7), torch.get_rng_state()
    assert module(values) is values
    assert torch.equal(torch.get_rng_state(), before)


# --- shapes, types, gradients


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_shape_and_type_stay(dtype):
    for shape in ((), (3,), (2, 3, 17, 17), (0, 4)):
        values = torch.ones(shape, dtype=dtype)
        result = dropout(0.5)(values)
        assert (result.shape, result.dtype) == (values.shape, dtype)
        assert set(result.flatten().tolist()) <= {0.0, 2.0}
        assert torch.equal(values, torch.ones(shape, dtype=dtype))


def test_half_precision_is_rounded_once():
    """A mask that held the scale would be rounded, too: 1 / 0.9 loses 0.2 % in bfloat16."""
    values = torch.linspace(1, 2, 4001).bfloat16()
    result = dropout(0.1)(values)
    exact = values.double() * 2**16 / (2**16 - round(0.1 * 2**16))
    stayed = result != 0
    assert torch.equal(result[stayed], exact[stayed].bfloat16())


@probabilities
def test_the_gradient_is_the_mask_times_the_scale(p):
    values = torch.randn(33, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(7)).requires_grad_()
    upstream = torch.randn(33, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(8))
    result = dropout(p)(values)
    (gradient,) = torch.autograd.grad(result, values, upstream)
    factor = (result / values).detach()  # 0 or the scale
    torch.testing.assert_close(gradient, upstream * factor, rtol=1e-12, atol=0)


def test_a_transposed_input_has_its_gradient_in_the_right_places():
    values = torch.arange(1.0, 16).reshape(3, 5).requires_grad_()
    result = dropout(0.5)(values.T)
    result.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad.T * values.detach().T, result.detach())


def test_backward_keeps_one_mask_and_nothing_else():
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: saved.append(tensor) or tensor, lambda tensor: tensor):
        dropout(0.1)(torch.ones(100, dtype=torch.bfloat16, requires_grad=True))
    assert [(tensor.numel(), tensor.dtype) for tensor in saved] == [(100, torch.bfloat16)]


def test_autocast_keeps_the_type_of_the_input():
    layer = nn.Linear(4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        result = dropout(0.5)(layer(torch.ones(2, 4)))
    assert result.dtype == torch.bfloat16
    result.float().sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32


def test_other_devices_use_pytorchs_own(monkeypatch):
    """The device `meta` stands for all others."""
    monkeypatch.setattr("vit.dropout.CheapDropout", None)
    assert dropout(0.5)(torch.ones(2, 3, device="meta")).device.type == "meta"


# --- refused values, and where it is used


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, math.nan])
def test_an_invalid_probability_is_refused(p):
    with pytest.raises(ValueError, match="p must be"):
        Dropout(p)


def test_the_model_has_this_dropout_everywhere():
    kinds = [type(module) for module in VisionTransformer(PRESETS["blog"]).modules()]
    assert nn.Dropout not in kinds
    assert kinds.count(Dropout) == 3 * PRESETS["blog"].depth
