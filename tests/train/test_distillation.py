"""Compare the distillation loss with its formula, and test what a student learns from its teachers."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from train.config import Recipe, TrainConfig
from train.data.dataset import Digits
from train.distillation import Teachers
from train.loop import DivergedError, fresh_model, train
from train.score import evaluate
from vit import VisionTransformer, ViTConfig

SMALL = ViTConfig(embed_dim=16, depth=1, num_heads=2, mlp_dim=16)
OTHER = replace(SMALL, patch_size=14, embed_dim=8)
DISTILLED = TrainConfig(epochs=3, batch_size=16, lr=3e-3, distill=0.7, temperature=3.0)


@pytest.fixture
def models() -> list[VisionTransformer]:
    return [fresh_model(Recipe(config, DISTILLED)).eval() for config in (SMALL, OTHER)]


@pytest.fixture
def batch(mnist_train: Digits) -> tuple[Tensor, Tensor, Tensor]:
    some = mnist_train.subset(slice(8))
    logits = 3 * torch.randn(8, 10, generator=torch.Generator().manual_seed(1))
    return logits, some.labels, some.images[:, None].float() / 255


def test_the_loss_equals_its_formula(models, batch):
    logits, labels, images = batch
    p = (models[0](images).div(3).exp() / models[0](images).div(3).exp().sum(1, keepdim=True)) / 2
    p = p + (models[1](images).div(3).exp() / models[1](images).div(3).exp().sum(1, keepdim=True)) / 2
    q = logits.div(3).exp() / logits.div(3).exp().sum(1, keepdim=True)
    by_hand = 0.3 * -logits.log_softmax(1)[range(8), labels].sum() + 0.7 * 9 * (p * (p / q).log()).sum()
    assert Teachers(DISTILLED, models).loss(logits, labels, images).item() == pytest.approx(by_hand.item(), rel=1e-5)


def test_a_student_equal_to_its_teacher_has_no_gradient(models, batch):
    _, labels, images = batch
    logits = models[0](images).detach().requires_grad_(True)
    Teachers(replace(DISTILLED, distill=1.0), models[:1]).loss(logits, labels, images).backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, torch.zeros_like(logits), atol=1e-6, rtol=0)


@pytest.mark.parametrize("distill", [0.0, 0.7])
def test_without_teachers_or_with_hidden_patches_only_labels_count(distill, models, batch):
    logits, labels, images = batch
    teachers = Teachers(replace(DISTILLED, distill=distill), models if distill else [])
    expected = F.cross_entropy(logits, labels, reduction="sum")
    assert teachers.loss(logits, labels, None if distill else images) == expected


def test_teachers_are_not_changed(models, mnist_train):
    before = [[weight.clone() for weight in model.parameters()] for model in models]
    student = fresh_model(Recipe(SMALL, replace(DISTILLED, seed=5)))
    for _ in train(student, mnist_train.subset(slice(48)), mnist_train.subset(slice(0)), DISTILLED, teachers=models):
        pass
    for model, weights in zip(models, before, strict=True):
        assert all(map(torch.equal, model.parameters(), weights))
        assert all(weight.grad is None for weight in model.parameters())


def test_a_student_learns_from_a_teacher_although_all_labels_are_wrong(mnist_train, mnist_test):
    config = replace(DISTILLED, epochs=4, optimizer="muon", lr=8e-3, distill=0.0)
    some, none = mnist_train.subset(slice(1500)), mnist_train.subset(slice(0))
    teacher, student = (
        fresh_model(Recipe(replace(SMALL, embed_dim=32), replace(config, seed=seed))) for seed in (1, 2)
    )
    for _ in train(teacher, some, none, config):
        pass
    wrong = Digits(some.images, (some.labels + 1) % 10)
    for _ in train(student, wrong, none, replace(config, distill=1.0), teachers=[teacher]):
        pass
    known, learned = (evaluate(model, mnist_test.subset(slice(500))).accuracy for model in (teacher, student))
    assert known > 0.5
    assert learned > known - 0.1


@pytest.mark.parametrize(("distill", "count", "named"), [(0.5, 0, "at least one"), (0.0, 2, "none without distill")])
def test_teachers_and_recipe_must_fit(distill, count, named, models, mnist_train):
    config = replace(DISTILLED, distill=distill)
    some = mnist_train.subset(slice(16))
    with pytest.raises(ValueError, match=named):
        train(fresh_model(Recipe(SMALL, config)), some, some, config, teachers=models[:count])


def test_a_teacher_with_nan_logits_ends_the_run_with_an_error(models, mnist_train):
    some = mnist_train.subset(slice(16))
    with torch.no_grad():
        models[0].head.bias.fill_(float("nan"))
    with pytest.raises(DivergedError):
        list(train(fresh_model(Recipe(SMALL, DISTILLED)), some, some, DISTILLED, teachers=models[:1]))
