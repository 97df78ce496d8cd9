"""Test that each weight is updated once by the rule of its recipe, and that the optimizers' state can be restored."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from train.config import RECIPES, TrainConfig
from train.muon import Muon, orthogonal
from train.optimizer import build_optimizers, load_state_tensors, lr_at, set_lr, state_tensors
from vit import VisionTransformer, ViTConfig

SMALL = ViTConfig(embed_dim=8, depth=2, num_heads=2, mlp_dim=12)
ADAM = TrainConfig(lr=1e-2, weight_decay=0.1)
MUON = TrainConfig(optimizer="muon", lr=1e-2, weight_decay=0.1)
both = pytest.mark.parametrize("config", [ADAM, MUON], ids=["adam", "muon"])


def small_model(seed: int = 0, config: ViTConfig = SMALL) -> VisionTransformer:
    torch.manual_seed(seed)
    return VisionTransformer(config)


def step(model, optimizers, seed: int) -> list[Tensor]:
    """Train on one batch of noise; return the gradients."""
    images = torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(seed))
    model.zero_grad()
    F.cross_entropy(model(images), torch.arange(16) % 10).backward()
    for optimizer in optimizers:
        optimizer.step()
    return [weight.grad.clone() for weight in model.parameters()]


def copies(model) -> list[Tensor]:
    return [weight.detach().clone() for weight in model.parameters()]


def adam(weight, gradients, lr, betas):
    """Compute Adam's steps in double precision (Kingma and Ba 2015, algorithm 1)."""
    weight, first, second = weight.double(), 0.0, 0.0
    for count, gradient in enumerate(map(torch.Tensor.double, gradients), 1):
        first = betas[0] * first + (1 - betas[0]) * gradient
        second = betas[1] * second + (1 - betas[1]) * gradient**2
        corrected = first / (1 - betas[0] ** count), second / (1 - betas[1] ** count)
        weight = weight - lr * corrected[0] / (corrected[1].sqrt() + 1e-8)
    return weight.float()


def muon(weight, gradients, lr, weight_decay):
    """Compute Muon's steps in double precision by singular values.

    Source: Jordan et al. 2024, with the step size of Liu et al. 2025.
    """
    weight, momentum = weight.double(), torch.zeros_like(weight, dtype=torch.float64)
    for gradient in gradients:
        momentum = 0.9 * momentum + 0.1 * gradient.double()
        update = 0.1 * gradient.double() + 0.9 * momentum
        U, S, V = torch.linalg.svd(update, full_matrices=False)
        S = S / S.square().sum().sqrt()
        for _ in range(3):
            S = 3.4445 * S - 4.7750 * S**3 + 2.0315 * S**5
        weight = weight * (1 - lr * weight_decay) - lr * 0.2 * max(weight.shape) ** 0.5 * (U * S @ V)
    return weight.float()


@pytest.mark.parametrize("config", [RECIPES["blog"], RECIPES["fast"]], ids=["blog", "fast"])
def test_every_weight_is_updated_exactly_once(config):
    model = VisionTransformer(config.model)
    optimizers = build_optimizers(model, config.training)
    assigned = [id(weight) for one in optimizers for group in one.param_groups for weight in group["params"]]
    assert sorted(assigned) == sorted(id(weight) for weight in model.parameters())
    before = copies(model)
    step(model, optimizers, seed=0)
    assert all(not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_muon_gets_only_the_matrices_of_the_blocks():
    model = small_model()
    first, rest = build_optimizers(model, MUON)
    assert (type(first), type(rest)) == (Muon, torch.optim.AdamW)
    assigned = {id(weight): group["parts"] for group in first.param_groups for weight in group["params"]}
    names = {name: assigned[id(weight)] for name, weight in model.named_parameters() if id(weight) in assigned}
    parts = {"attn.qkv": 3, "attn.proj": 1, "mlp.fc1": 1, "mlp.fc2": 1}
    assert names == {f"blocks.{block}.{name}.weight": count for block in (0, 1) for name, count in parts.items()}


def test_adam_is_adam_with_an_l2_penalty():
    """Compute four steps by hand: the penalty is added to the gradient, so it also enters the second moment."""
    model = small_model()
    optimizers, starts = build_optimizers(model, ADAM), copies(model)
    theirs = small_model()
    reference = torch.optim.Adam(theirs.parameters(), lr=ADAM.lr, weight_decay=ADAM.weight_decay)
    history = [[] for _ in starts]
    for seed in range(4):
        for weight, gradients, gradient in zip(copies(model), history, step(model, optimizers, seed), strict=True):
            gradients.append(gradient + ADAM.weight_decay * weight)
        step(theirs, [reference], seed)
    for start, gradients, weight, other in zip(starts, history, model.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(weight, other, atol=1e-7, rtol=1e-5)
        torch.testing.assert_close(weight, adam(start, gradients, ADAM.lr, (0.9, 0.999)), atol=1e-6, rtol=1e-5)


def test_muon_updates_matrices_and_adamw_all_other_weights():
    """Queries, keys and values are stored as one matrix, but Muon treats them as three."""
    model = small_model()
    optimizers, starts = build_optimizers(model, MUON), copies(model)
    parts = {id(weight): group["parts"] for group in optimizers[0].param_groups for weight in group["params"]}
    steps = [step(model, optimizers, seed) for seed in range(3)]
    for start, gradients, weight in zip(starts, zip(*steps, strict=True), model.parameters(), strict=True):
        if id(weight) not in parts:
            expected = adam(start, gradients, MUON.lr, (0.9, 0.98))
        else:
            chunks = (one.chunk(parts[id(weight)]) for one in (start, *gradients))
            kinds = (MUON.lr, MUON.weight_decay)
            expected = torch.cat([muon(first, rest, *kinds) for first, *rest in zip(*chunks, strict=True)])
        torch.testing.assert_close(weight, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", [(8, 8), (8, 12), (12, 8)])
def test_muon_agrees_with_pytorchs(shape):
    """PyTorch rounds its matrix products to bfloat16, so both agree only to a few percent of a step."""
    ours, theirs = (torch.nn.Parameter(torch.ones(shape)) for _ in range(2))
    kind = {"lr": 0.1, "weight_decay": 0.1, "momentum": 0.9, "ns_steps": 3}
    one, other = Muon([ours], **kind), torch.optim.Muon([theirs], **kind, adjust_lr_fn="match_rms_adamw")
    for seed in range(5):
        ours.grad = theirs.grad = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
        one.step()
        other.step()
    assert (ours - theirs).norm() < 0.03 * (theirs - 1).norm()


def test_orthogonal_keeps_directions_and_evens_out_sizes():
    matrices = torch.randn(5, 6, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    U, _, V = torch.linalg.svd(matrices, full_matrices=False)
    rotated = U.mT @ orthogonal(matrices, 5, torch.float64) @ V.mT  # (5, 6, 6)
    sizes = rotated.diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(rotated, torch.diag_embed(sizes))
    assert sizes.min() > 0.6 and sizes.max() < 1.25
    rounded = orthogonal(matrices.float(), 5, torch.bfloat16)
    assert rounded.dtype == torch.float32
    assert (rounded - orthogonal(matrices.float(), 5)).norm() < 0.05 * rounded.norm()


def test_set_lr_reaches_every_weight():
    model = small_model()
    optimizers, before = build_optimizers(model, MUON), copies(model)
    set_lr(optimizers, 0.0)
    step(model, optimizers, seed=0)
    assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


@pytest.mark.parametrize("total", [1, 7, 4300])
@pytest.mark.parametrize("warmup", [0.0, 0.05, 0.99])
def test_lr_climbs_then_falls_to_zero(total, warmup):
    config = TrainConfig(lr=0.5, schedule="linear", warmup=warmup)
    rates = [lr_at(step, total, config) for step in range(total)]
    top = round(warmup * total)
    climb, fall = rates[:top], rates[top:]
    assert climb == pytest.approx([0.5 * (step + 1) / top for step in range(top)])
    assert fall == pytest.approx([0.5 * (1 - step / len(fall)) for step in range(len(fall))])
    assert climb == sorted(climb)
    assert fall == sorted(fall, reverse=True)
    assert max(rates) == 0.5
    assert min(rates) > 0  # zero would be reached only after the last step


@pytest.mark.parametrize("warmup", [0.0, 0.2])
def test_a_constant_lr_stays_at_its_peak(warmup):
    config = TrainConfig(lr=3e-4, warmup=warmup)
    rates = [lr_at(step, 50, config) for step in range(50)]
    assert rates[round(50 * warmup) :] == [3e-4] * (50 - round(50 * warmup))
    assert rates == sorted(rates)


@both
def test_restored_state_gives_the_same_next_steps(config):
    """The steps agree bit for bit, although the model was trained in between."""
    model = small_model()
    optimizers = build_optimizers(model, config)
    for seed in range(3):
        step(model, optimizers, seed)
    weights, state = copies(model), state_tensors(optimizers)
    for seed in (3, 4):
        step(model, optimizers, seed)
    for _ in range(2):  # twice, since loading must not change the state
        other = small_model(seed=1)
        with torch.no_grad():
            for weight, saved in zip(other.parameters(), weights, strict=True):
                weight.copy_(saved)
        fresh = build_optimizers(other, config)
        load_state_tensors(fresh, state)
        for seed in (3, 4):
            step(other, fresh, seed)
        assert all(torch.equal(*pair) for pair in zip(other.parameters(), model.parameters(), strict=True))


def other_shape(state: dict[str, Tensor]) -> dict[str, Tensor]:
    name = max(state, key=lambda key: state[key].numel())
    return state | {name: state[name].T.clone() if state[name].ndim == 2 else state[name][:-1]}


FOREIGN = {
    "nothing": lambda _: {},
    "one missing": lambda state: dict(list(state.items())[1:]),
    "an optimizer too many": lambda state: state | {"optimizer.7.0.step": torch.zeros(())},
    "a name with points": lambda state: state | {"a.b.c.d": torch.zeros(3)},
    "another shape": other_shape,
}


@both
@pytest.mark.parametrize("change", FOREIGN)
def test_foreign_state_is_refused(config, change):
    model = small_model()
    optimizers = build_optimizers(model, config)
    step(model, optimizers, 0)
    state = FOREIGN[change](state_tensors(optimizers))
    with pytest.raises(ValueError, match=r"does not fit this recipe: .* should be .* and is ") as error:
        load_state_tensors(optimizers, state)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("model", "theirs", "ours"),
    [(SMALL, MUON, ADAM), (replace(SMALL, mlp_dim=16), ADAM, ADAM), (replace(SMALL, depth=1), MUON, MUON)],
    ids=["muon for adam", "a wider model", "a shallower model"],
)
def test_state_of_another_run_is_refused(model, theirs, ours):
    other = small_model(config=model)
    optimizers = build_optimizers(other, theirs)
    step(other, optimizers, 0)
    fresh = build_optimizers(small_model(), ours)
    with pytest.raises(ValueError, match="does not fit this recipe"):
        load_state_tensors(fresh, state_tensors(optimizers))
    assert state_tensors(fresh) == {}
