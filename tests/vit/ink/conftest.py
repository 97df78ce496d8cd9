"""Fixtures of the tests of the ink pipeline: MNIST digits, and a model that reads images."""

import numpy as np
import pytest
import torch

import vit
from tests.strokes import mnist
from tests.vit.ink.drawings import rng


@pytest.fixture(scope="session")
def digits(mnist_raw):
    """Load a thousand test digits and their labels."""
    images, labels = mnist("test")
    chosen = rng(0).choice(len(images), 1000, replace=False)
    return images[chosen], labels[chosen]


@pytest.fixture(scope="session")
def read():
    """Return a function that reads (n, 28, 28) images in [0, 1] with the shipped model and gives (n,) labels."""
    model = vit.load("digits-4x4")

    def labels(images):
        with torch.inference_mode():
            return model(torch.from_numpy(np.stack(images).astype(np.float32))[:, None]).argmax(1).numpy()

    return labels
