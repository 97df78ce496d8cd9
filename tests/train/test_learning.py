"""Test that training learns, as the post does, more than a linear classifier, with missing patches, and in bfloat16."""

import copy
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.train.small_runs import ADAM, AUGMENTED, MUON, SMALL, both, of, run
from train.benchmarks.torch_encoder import TorchEncoder
from train.config import Recipe, TrainConfig, recipe
from train.data.dataset import Digits
from train.loop import Epoch, Step, fresh_model, train
from train.precision import uses_bfloat16
from train.score import evaluate
from vit import VisionTransformer


@both
def test_a_few_digits_are_memorised(config, mnist_train):
    config = replace(config, epochs=80, lr=1e-2, batch_size=32, schedule="constant", val_size=0)
    few, none = mnist_train.subset(slice(32)), mnist_train.subset(slice(0))
    model, events = run(few, none, config)
    steps = of(Step, events)
    assert abs(steps[0].loss - math.log(10)) < 0.2
    assert steps[-1].loss < 0.01
    assert evaluate(model, few).accuracy == 1.0


def test_one_step_of_blog_equals_the_posts_step(mnist_train):
    """Compare with one step of `nn.TransformerEncoder` and `torch.optim.Adam`, without dropout.

    In double precision, since Adam's first step is the sign of the gradient, and the sign of a rounding error is
    random. The reference encoder shares its memory with its copy of our model.
    """
    config = replace(recipe("blog").training, epochs=1, precision="float32")
    ours = fresh_model(Recipe(replace(recipe("blog").model, dropout=0.0), config)).double()
    before = copy.deepcopy(ours.state_dict())
    theirs = TorchEncoder(copy.deepcopy(ours)).requires_grad_(True)
    digits = mnist_train.subset(slice(128))
    optimizer = torch.optim.Adam(theirs.parameters(), lr=3e-4, weight_decay=1e-4)
    loss = nn.CrossEntropyLoss()(theirs((digits.images[:, None] / 255).double()), digits.labels)
    loss.backward()
    optimizer.step()
    ours.register_forward_pre_hook(lambda _, args: (args[0].double(),))
    (step, *_) = train(ours, digits, mnist_train.subset(slice(0)), config)
    assert isinstance(step, Step)
    assert step.loss == pytest.approx(loss.item(), rel=1e-9)
    after = ours.state_dict()
    for name, weight in theirs.model.state_dict().items():
        torch.testing.assert_close(after[name], weight, atol=1e-7, rtol=0, msg=lambda text, name=name: name + text)
        assert (weight - before[name]).abs().max() > 1e-4


@pytest.mark.slow
def test_fast_beats_a_linear_classifier(mnist_train, mnist_test):
    """On 8,000 digits, `fast` cut to three epochs reached 93.5 to 95.0 % (three seeds), logistic regression 88.2 %."""
    learned, unseen = mnist_train.subset(slice(8000)), mnist_test.subset(slice(2000))
    shorter = replace(recipe("fast").training, epochs=3, batch_size=32, val_size=0)
    *_, done = train(model := fresh_model(Recipe(recipe("fast").model, shorter)), learned, unseen, shorter)
    assert done.val is not None
    assert done.val.accuracy == evaluate(model, unseen).accuracy
    assert done.val.accuracy > 0.92
    assert done.val.accuracy > linear_accuracy(learned, unseen) + 0.03


def linear_accuracy(learned: Digits, unseen: Digits) -> float:
    """Return the accuracy on `unseen` of multinomial logistic regression on the pixels."""
    layer = nn.Linear(784, 10)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(layer(learned.images.flatten(1) / 255), learned.labels)
        loss = loss + 1e-3 * layer.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    read = layer(unseen.images.flatten(1) / 255).argmax(dim=-1)
    return (read == unseen.labels).double().mean().item()


def test_only_training_digits_are_augmented(digits, val_set):
    """With augmentation a training digit differs in each epoch; validation digits never change."""
    one, batches = digits.subset(slice(1)), []
    for config in (replace(ADAM, **AUGMENTED), ADAM):
        model = fresh_model(Recipe(SMALL, config))
        model.register_forward_pre_hook(lambda module, args: batches.append((module.training, args[0])))
        list(train(model, one, val_set.subset(slice(1)), config))
    original, validation = one.images[:, None] / 255, val_set.images[:1, None] / 255
    (first, second), (third, fourth) = (
        [batch for training, batch in part if training] for part in (batches[:4], batches[4:])
    )
    assert not torch.equal(first, second)
    assert not torch.equal(first, original) and not torch.equal(second, original)
    assert torch.equal(third, original) and torch.equal(fourth, original)
    scored = [batch for training, batch in batches if not training]
    assert len(scored) == 4
    assert all(torch.equal(batch, validation) for batch in scored)


# --- missing patches, and arithmetic in bfloat16


def visible_counts(model: VisionTransformer) -> list[int | None]:
    """Record at each forward pass how many patches are visible; None stands for all."""
    num_visible: list[int | None] = []
    model.register_forward_pre_hook(lambda _, args: num_visible.append(None if args[1] is None else args[1].shape[1]))
    return num_visible


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_patch_dropout_hides_patches_in_its_share_of_the_batches(share, digits, val_set):
    config = replace(MUON, epochs=40, batch_size=50, patch_dropout=share)
    model = fresh_model(Recipe(SMALL, config))
    num_visible = visible_counts(model)
    for _ in of(Step, list(train(model, digits, digits.subset(slice(0)), config))):
        pass
    counts = [count for count in num_visible if count is not None]
    assert len(num_visible) == 80
    assert abs(len(counts) / 80 - share) < 0.15
    assert all(0 <= count < 16 for count in counts)
    if share:
        assert len(set(counts)) > 8 and any(count is not None for count in num_visible[-10:])


def test_patch_dropout_improves_the_accuracy_on_half_of_the_patches(mnist_train, mnist_test):
    """Test on half of the patches; apart from patch dropout, the two recipes are the same."""
    learned, tested = mnist_train.subset(slice(1500)), mnist_test.subset(slice(500))
    visible = torch.rand(500, 16, generator=torch.Generator().manual_seed(0)).argsort(dim=1)[:, :8].sort(dim=1).values
    accuracies = []
    for share in (0.0, 0.5):
        config = replace(MUON, epochs=6, batch_size=50, patch_dropout=share)
        model, _ = run(learned, learned.subset(slice(0)), config, replace(SMALL, embed_dim=32))
        with torch.inference_mode():
            logits = model(tested.images[:, None] / 255, visible)
        accuracies.append((logits.argmax(dim=1) == tested.labels).float().mean().item())
    assert accuracies[1] > accuracies[0] + 0.03


def test_bfloat16_learns_like_float32_with_weights_of_float32(digits, val_set):
    ends = {}
    for precision in ("float32", "bfloat16"):
        model, events = run(digits, val_set, replace(MUON, epochs=6, precision=precision))
        assert all(weight.dtype == torch.float32 for weight in model.parameters())
        ends[precision] = [epoch.loss for epoch in of(Epoch, events)]
    assert ends["float32"] != ends["bfloat16"]
    assert ends["bfloat16"] == pytest.approx(ends["float32"], rel=0.15)


def test_precision_follows_the_recipe_and_auto_the_processor(monkeypatch):
    assert uses_bfloat16(TrainConfig(precision="bfloat16"), "cpu")
    assert not uses_bfloat16(TrainConfig(precision="float32"), "cpu")
    for has in (True, False):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda has=has: {"amx_bf16": has})
        assert uses_bfloat16(TrainConfig(precision="auto"), "cpu") is has
    assert not uses_bfloat16(TrainConfig(precision="auto"), "mps")
