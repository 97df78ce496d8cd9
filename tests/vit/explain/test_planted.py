"""Train a model on a task whose answer lies in one patch, and test that the maps point at that patch."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vit import VisionTransformer, ViTConfig, explain

PLACE = 6  # of 16, the second row's third patch
SIGNS = 4  # bars: vertical, horizontal, falling, rising


def signs() -> Tensor:
    """Return four signs of 7x7 pixels, (4, 7, 7)."""
    found = torch.zeros(SIGNS, 7, 7)
    found[0, :, 3] = 1
    found[1, 3, :] = 1
    found[2] = torch.eye(7)
    found[3] = torch.eye(7).flip(1)
    return found


def task(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return images (count, 1, 28, 28) with a sign in every patch, and as labels the signs in PLACE."""
    chosen = torch.randint(0, SIGNS, (count, 16), generator=torch.Generator().manual_seed(seed))
    images = signs()[chosen].view(count, 4, 4, 7, 7).permute(0, 1, 3, 2, 4).reshape(count, 1, 28, 28)
    return images, chosen[:, PLACE]


@pytest.fixture(scope="module")
def model() -> VisionTransformer:
    """Train a model on the task, with some patches missing in each step."""
    torch.manual_seed(0)
    model = VisionTransformer(ViTConfig(embed_dim=24, depth=3, num_heads=2, mlp_dim=48))
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    for step in range(300):
        images, labels = task(64, seed=step)
        others = torch.cat([torch.arange(PLACE), torch.arange(PLACE + 1, 16)])[torch.randperm(15)[: step % 16]]
        visible = torch.cat([others, torch.tensor([PLACE])]).sort().values.expand(64, -1)
        optimizer.zero_grad()
        F.cross_entropy(model(images, visible), labels).backward()
        optimizer.step()
    return model.eval()


def test_the_task_is_learned(model):
    images, labels = task(500, seed=10_000)
    assert (model(images).argmax(dim=1) == labels).float().mean() > 0.99


def pointed_at(model: VisionTransformer, method: Callable[..., Tensor], count: int) -> list[int]:
    """Return where the map of the right label is highest, for `count` images that were not trained on."""
    images, labels = task(count, seed=20_000)
    return [int(method(model, image, int(label)).argmax()) for image, label in zip(images, labels, strict=True)]


@pytest.mark.parametrize("method", [explain.occlusion, explain.integrated_gradients])
def test_the_map_points_at_the_planted_patch(model, method):
    assert pointed_at(model, method, 40) == [PLACE] * 40


@pytest.mark.parametrize("mask_mode", ["unseen", "erased"])
def test_shapley_values_point_at_the_planted_patch(model, mask_mode):
    """Both mask modes point there: the patch is removed from the model's input, or its ink is erased."""
    assert pointed_at(model, partial(explain.shapley, mask_mode=mask_mode), 2) == [PLACE] * 2


def test_relevance_mostly_points_at_the_planted_patch(model):
    """Relevance fails where attention is saturated near 1, since a little more of it changes nothing.

    Chance would be 1 in 16.
    """
    found = pointed_at(model, explain.relevance, 40)
    assert found.count(PLACE) >= 28
