"""Test the post's own model and training, with which the benchmark compares ours."""

import pytest
import torch
from torch import nn

from train.benchmarks import blog_post
from train.benchmarks.blog_post import Post, Training, pictures
from train.data.dataset import Digits
from vit import PRESETS, VisionTransformer


@pytest.fixture(scope="module")
def digits() -> Digits:
    """Return random images and labels: two batches of 128 and one of 4."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (260, 28, 28), generator=generator, dtype=torch.uint8)
    return Digits(images, torch.randint(10, (260,), generator=generator))


def test_the_reference_equals_our_recipe_blog(digits):
    """The same weights give the same logits, and both models have equally many."""
    torch.manual_seed(0)
    ours, theirs = VisionTransformer(PRESETS["blog"]).eval(), Post().eval()
    assert ours.num_params == sum(weight.numel() for weight in theirs.parameters())
    with torch.no_grad():
        for weight in ours.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
        for name, weight in theirs.named_parameters():
            weight.copy_(ours.get_parameter(our_name(name)))
        images = digits.images[:5, None] / 255
        torch.testing.assert_close(theirs(images), ours(images), atol=1e-5, rtol=1e-4)


def our_name(name: str) -> str:
    """Return our model's name of the weight that the post's code calls `name`."""
    places = {
        "encoder.layers": "blocks",
        "self_attn.in_proj_": "attn.qkv.",
        "self_attn.out_proj": "attn.proj",
        "linear1": "mlp.fc1",
        "linear2": "mlp.fc2",
        "positions": "pos_embed",
    }
    if name.startswith("embed"):
        return f"patch_embed.proj{name[5:]}"
    for theirs, ours in places.items():
        name = name.replace(theirs, ours)
    return name


def test_the_reference_trains_as_the_post_does(digits):
    """The post uses Adam with its settings, batches of 128 in random order, and PyTorch's dropout."""
    training = Training(digits, seed=0)
    assert type(training.optimizer) is torch.optim.Adam
    (group,) = training.optimizer.param_groups
    assert (group["lr"], group["weight_decay"], group["betas"]) == (3e-4, 1e-4, (0.9, 0.999))
    batches = list(training.loader)
    assert [len(labels) for _, labels in batches] == [128, 128, 4]
    order = torch.cat([labels for _, labels in batches])
    assert not torch.equal(order, digits.labels)
    assert torch.equal(order.sort().values, digits.labels.sort().values)
    rates = {module.p for module in training.model.modules() if isinstance(module, nn.Dropout)}
    assert rates == {0.1}


def test_a_picture_is_its_bytes_divided_by_255(digits):
    image, label = pictures(digits)[7]
    assert torch.equal(image, digits.images[7:8] / 255)
    assert label == digits.labels[7].item()


def test_a_step_of_the_reference_counts_as_the_post_does(digits):
    """The loss and accuracy of a step are those from before its update; dropout is off here."""
    training = Training(digits, seed=0)
    images, labels = digits.images[:50, None] / 255, digits.labels[:50]
    with torch.no_grad():
        logits = training.model.eval()(images)
    loss, right = training.step(images, labels)
    assert loss == pytest.approx(nn.CrossEntropyLoss()(logits, labels).item(), rel=1e-5)
    assert right == sum(int(row.argmax()) == int(label) for row, label in zip(logits, labels, strict=True))


def test_the_reference_learns(digits):
    """It memorises four random images."""
    few = digits.subset(slice(4))
    training = Training(few, seed=0)
    for _ in range(40):
        training.learn()
    assert training.accuracy(few) == 1.0


def test_the_seed_decides_the_reference(digits):
    few = digits.subset(slice(20))
    accuracies = []
    for seed in (3, 3, 4):
        training = Training(few, seed)
        training.learn()
        accuracies.append(torch.cat([weight.flatten() for weight in training.model.parameters()]))
    assert torch.equal(accuracies[0], accuracies[1])
    assert not torch.equal(accuracies[0], accuracies[2])


def test_seconds_count_only_training(digits, monkeypatch):
    """A fake clock advances by 1 for a step and by 100 for an evaluation."""
    clock = [0.0]

    def passing(seconds: float, result: float):
        def act(*_):
            clock[0] += seconds
            return result

        return act

    monkeypatch.setattr(blog_post.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(Training, "step", passing(1.0, 0.5))
    monkeypatch.setattr(Training, "accuracy", passing(100.0, 0.5))
    training = Training(digits, seed=0)
    assert list(training.epochs(2, digits)) == [(3.0, 0.5), (6.0, 0.5)]
    assert training.learn(2) == 2.0
