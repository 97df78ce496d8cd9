"""Compare one gradient step with finite differences, PyTorch's optimizers and partly stepped models."""

import copy

import pytest
import torch
import torch.nn.functional as F

from train.gradient_step import LossGradient, model_parts, take_step
from vit import VisionTransformer, ViTConfig

PRE = ViTConfig(patch_size=14, embed_dim=12, depth=2, num_heads=2, mlp_dim=16)
POST = ViTConfig(patch_size=14, embed_dim=12, depth=1, num_heads=2, mlp_dim=16, norm="post", act="relu", start="unit")
both = pytest.mark.parametrize("config", [PRE, POST], ids=["pre", "post"])
optimizers = pytest.mark.parametrize("optimizer", ["sgd", "adam"])
LABEL = 3
OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


def new_model(config: ViTConfig) -> VisionTransformer:
    torch.manual_seed(1)
    return VisionTransformer(config).eval()


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(2))


def by_torch(model: VisionTransformer, image: torch.Tensor, lr: float, optimizer: str) -> VisionTransformer:
    """Return a double-precision copy of the model after one step of PyTorch's optimizer."""
    model = copy.deepcopy(model).double()
    F.cross_entropy(model(image[None].double()), torch.tensor([LABEL])).backward()
    OPTIMIZERS[optimizer](model.parameters(), lr=lr).step()
    return model


def loss_of(model: VisionTransformer, image: torch.Tensor) -> float:
    with torch.no_grad():
        return F.cross_entropy(model(image[None].to(model.head.weight)), torch.tensor([LABEL])).item()


@both
@optimizers
def test_the_step_is_that_of_pytorchs_optimizer(config, optimizer, image):
    model = new_model(config)
    theirs = by_torch(model, image, 0.01, optimizer)
    ours = take_step(model, image, LABEL, 0.01, optimizer)
    for weight, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(weight, expected.float(), rtol=0, atol=1e-7)
    result = LossGradient(model, image, LABEL, optimizer).take([0.01, 0.2])
    with torch.no_grad():
        logits = theirs(image[None].double())[0]
    torch.testing.assert_close(result.after[0], logits, rtol=0, atol=1e-7)
    assert result.loss_before == pytest.approx(loss_of(model, image), abs=1e-5)
    assert result.loss_after[0].item() == pytest.approx(loss_of(theirs, image), abs=1e-7)


@both
@optimizers
def test_each_parts_loss_change_is_that_of_a_model_where_only_it_stepped(config, optimizer, image):
    """Take only the part's rows from the stepped model and all else from the model before."""
    model, stepped = new_model(config).double(), by_torch(new_model(config), image, 0.05, optimizer)
    before, after = dict(model.named_parameters()), dict(stepped.named_parameters())
    result = LossGradient(model, image, LABEL, optimizer).take([0.05])
    assert len(result.parts) == len(model_parts(model)) == 4 + 7 * config.depth - (config.norm == "post")
    for one in result.parts:
        alone = copy.deepcopy(model)
        with torch.no_grad():
            for name, rows in one.part.weights:
                alone.get_parameter(name)[rows] = after[name][rows]
        changes = [(after[name] - before[name])[rows].flatten() for name, rows in one.part.weights]
        lengths = [before[name][rows].flatten() for name, rows in one.part.weights]
        assert one.alone.item() == pytest.approx(result.loss_before - loss_of(alone, image), abs=1e-9)
        assert one.moved.item() == pytest.approx(torch.cat(changes).norm().item(), rel=1e-9)
        assert one.length == pytest.approx(torch.cat(lengths).norm().item(), rel=1e-9)


@both
def test_the_gradient_is_that_of_finite_differences(config, image):
    """Compare the first-order prediction along each part's step with a central difference of the loss."""
    gradient = LossGradient(new_model(config), image, LABEL)
    h = 1e-5
    for one in gradient.take([h]).parts:
        assert one.predicted.item() == pytest.approx(h * one.gradient**2, rel=1e-9)
        ends = gradient.losses(gradient.logits_after(torch.tensor([h, -h], dtype=torch.float64), [one.part]))
        assert (ends[1] - ends[0]).item() / 2 == pytest.approx(one.predicted.item(), rel=1e-4)


@both
def test_the_parts_cover_every_weight_once(config):
    model = new_model(config)
    for parts in (
        [part for part in model_parts(model) if part.block is None or part.name == "block"],
        [part for part in model_parts(model) if part.name != "block"],
    ):
        counts = {name: torch.zeros_like(weight) for name, weight in model.named_parameters()}
        for name, rows in (entry for part in parts for entry in part.weights):
            counts[name][rows] += 1
        assert all((count == 1).all() for count in counts.values())


def test_queries_keys_and_values_are_separate_parts(image):
    """With the keys set to zero, the queries have no gradient, but the keys have one."""
    model = new_model(PRE)
    D = PRE.embed_dim
    with torch.no_grad():
        model.blocks[0].attn.qkv.weight[D : 2 * D] = 0
        model.blocks[0].attn.qkv.bias[D : 2 * D] = 0
    found = {one.part.name: one for one in LossGradient(model, image, LABEL).take([1.0]).parts if one.part.block == 0}
    assert found["keys"].length == 0 < found["keys"].gradient
    assert found["queries"].gradient == pytest.approx(0, abs=1e-12)
    assert found["values"].gradient > 0.001


def test_the_model_is_left_as_it_is(image):
    model = new_model(PRE)
    before = copy.deepcopy(model.state_dict())
    LossGradient(model, image, LABEL, "adam").take([0.5])
    take_step(model, image, LABEL, 0.5)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert all(weight.grad is None and weight.requires_grad for weight in model.parameters())
    assert not model.training


@pytest.mark.parametrize(
    ("label", "lr", "optimizer", "message"),
    [
        (10, 0.1, "sgd", "label must be a whole number from 0 to 9"),
        (True, 0.1, "sgd", "label must be"),
        (1, 0.0, "sgd", "lr must be a finite number"),
        (1, float("nan"), "adam", "lr must be a finite number"),
        (1, 0.1, "muon", "optimizer must be one of sgd, adam"),
    ],
)
def test_invalid_arguments_are_refused(label, lr, optimizer, message, image):
    with pytest.raises(ValueError, match=message):
        take_step(new_model(PRE), image, label, lr, optimizer)
    with pytest.raises(ValueError, match=message):
        LossGradient(new_model(PRE), image, label, optimizer).take([lr])
