"""Compare the whitened patch embedding with NumPy's principal components of the patches."""

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
    """Cut out every patch with NumPy: (n, 49) float64, normalised like the model's input."""
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
    rank = min(config.embed_dim, 49)
    assert spectrum[:rank] == pytest.approx(expected[:rank], rel=1e-3, abs=1e-5)
    assert spectrum[rank:] == pytest.approx(0, abs=1e-5)
    assert found.mean(axis=0) == pytest.approx(0, abs=1e-4)


def test_the_seed_rotates_the_embedding_and_other_weights_stay(some):
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


def test_a_new_run_whitens_and_a_resumed_run_does_not(some):
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
def test_equal_images_give_finite_weights(ink, count, some):
    model = fresh_model(Recipe(NARROW, TrainConfig()))
    images = torch.full_like(some.images[:count], ink)
    whiten(model, Digits(images, some.labels[:count]), 0.5, seed=1)
    found = model(images[:, None].float() / 255)
    assert found.isfinite().all()


@pytest.mark.slow
def test_whitening_lowers_the_loss_of_fast_after_two_epochs(mnist_train, mnist_test):
    found, images = recipe("fast"), mnist_train.subset(slice(6000))
    scores = {}
    for size in (0.0, found.training.whiten):
        config = replace(found.training, whiten=size, epochs=2, val_size=0)
        model = fresh_model(replace(found, training=config))
        for _ in train(model, images, images.subset(slice(0)), config):
            pass
        scores[size > 0] = evaluate(model, mnist_test).loss
    assert scores[True] < scores[False]
