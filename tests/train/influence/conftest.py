"""Fixtures: digits that a tiny model learns in a moment."""

import pytest
import torch
import torch.nn.functional as F

from train.data.dataset import Digits
from train.influence.features import pixels
from vit import VisionTransformer, ViTConfig


def made_digits(count: int, seed: int = 0) -> Digits:
    """Bars on noise: the label is the place of the bar, and a tenth of the labels are wrong."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(10, (count,), generator=generator)
    images = torch.randint(60, (count, 28, 28), generator=generator)
    for at, label in enumerate(labels.tolist()):
        images[at, :, 2 * label : 2 * label + 8] += 150
    wrong = torch.rand(count, generator=generator) < 0.1
    return Digits(images.byte(), torch.where(wrong, (labels + 1) % 10, labels))


def tiny(pool: str = "cls", norm: str = "pre") -> VisionTransformer:
    torch.manual_seed(1)
    config = ViTConfig(patch_size=7, embed_dim=16, depth=2, num_heads=2, mlp_dim=24, pool=pool, norm=norm)
    return VisionTransformer(config)


def trained(model: VisionTransformer, digits: Digits, steps: int = 60) -> VisionTransformer:
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(pixels(digits.images)), digits.labels).backward()
        optimizer.step()
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def digits() -> Digits:
    return made_digits(160)
