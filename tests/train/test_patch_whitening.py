"""The whitened start of the patch embedding, against NumPy's principal components and PyTorch's own convolution."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from train.config import Recipe, TrainConfig, recipe
from train.data.dataset import Digits
from train.loop import fresh_model, train
from train.patch_whitening import DAMPING, whiten
from train.score import evaluate
from vit import VisionTransformer, ViTConfig

NARROW = ViTConfig(embed_dim=16, depth=1, num_heads=2, mlp_dim=16)  # 49 pixels a patch
WIDE = replace(NARROW, embed_dim=64)


@pytest.fixture
def some(mnist_train: Digits) -> Digits:
    return mnist_train.subset(slice(400))


def patches(model: VisionTransformer, digits: Digits) -> np.ndarray:
    """Every patch, cut out with NumPy: (n, 49) float64, as the model normalises it."""
    images = (digits.images.numpy() / 255 - model.config.mean) / model.config.std
    return np.concatenate(
        [
            image[y : y + 7, x : x + 7].reshape(1, 49)
            for image in images
            for y in range(0, 28, 7)
            for x in range(0, 28, 7)
        ]
    )


@pytest.mark.parametrize("config", [NARROW, WIDE], ids=["narrow", "wide"])
def test_embedded_patches_have_the_damped_spectrum_and_no_mean(config, some):
    model = fresh_model(Recipe(config, TrainConfig()))
    whiten(model, some, 0.5, seed=3)
    found = (
        model.patch_embed((some.images[:, None].float() / 255 - model.config.mean) / model.config.std)
        .detach()
        .double()
        .flatten(0, 1)
        .numpy()
    )
    variances = np.linalg.eigvalsh(np.cov(patches(model, some).T))[::-1]
    expected = 0.25 * variances / (variances + DAMPING * variances[0])
    spectrum = np.linalg.eigvalsh(np.cov(found.T))[::-1]
    kept = min(config.embed_dim, 49)
    assert spectrum[:kept] == pytest.approx(expected[:kept], rel=1e-3, abs=1e-5)
    assert spectrum[kept:] == pytest.approx(0, abs=1e-5)
    assert found.mean(axis=0) == pytest.approx(0, abs=1e-4)


def test_the_seed_turns_it_and_the_rest_of_the_model_stays(some):
    models = [fresh_model(Recipe(NARROW, TrainConfig())) for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        whiten(model, some, 0.5, seed)
    weights = [model.patch_embed.proj.weight for model in models]
    assert torch.equal(weights[0], weights[1])
    assert not torch.allclose(weights[0], weights[2], atol=1e-2)
    fresh = fresh_model(Recipe(NARROW, TrainConfig())).state_dict()
    now = models[0].state_dict()
    changed = {name for name in fresh if not torch.equal(fresh[name], now[name])}
    assert changed == {"patch_embed.proj.weight", "patch_embed.proj.bias"}


def test_a_training_begins_with_it_and_one_that_goes_on_does_not(some):
    config = TrainConfig(epochs=1, batch_size=400, optimizer="muon", lr=1e-9, weight_decay=0, whiten=0.5, seed=4)
    model, expected = (fresh_model(Recipe(NARROW, config)) for _ in range(2))
    whiten(expected, some, 0.5, 4)
    none = some.subset(slice(0))
    events = list(train(model, some, none, config))
    assert torch.allclose(model.patch_embed.proj.weight, expected.patch_embed.proj.weight, atol=1e-6)
    with torch.no_grad():
        model.patch_embed.proj.weight.zero_()
    list(train(model, some, none, config, done_epochs=1, resume=events[-2].state))
    assert not model.patch_embed.proj.weight.any()


@pytest.mark.parametrize(("count", "ink"), [(1, 0), (2, 255), (400, 255)])
def test_images_that_are_all_alike_are_no_mistake(ink, count, some):
    model = fresh_model(Recipe(NARROW, TrainConfig()))
    images = torch.full_like(some.images[:count], ink)
    whiten(model, Digits(images, some.labels[:count]), 0.5, seed=1)
    found = model(images[:, None].float() / 255)
    assert found.isfinite().all()


@pytest.mark.slow
def test_fast_learns_sooner_with_it(mnist_train, mnist_test):
    found, images = recipe("fast"), mnist_train.subset(slice(6000))
    scores = {}
    for size in (0.0, found.training.whiten):
        config = replace(found.training, whiten=size, epochs=2, val_size=0)
        model = fresh_model(replace(found, training=config))
        for _ in train(model, images, images.subset(slice(0)), config):
            pass
        scores[size > 0] = evaluate(model, mnist_test).loss
    assert scores[True] < scores[False]
