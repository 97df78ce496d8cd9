"""A patch that is not visible has no effect on the logits; compare with an nn.TransformerEncoder that masks it."""

import pytest
import torch
from torch import Tensor

from tests.vit.random_models import torch_encoder
from vit import VisionTransformer, ViTConfig

CONFIGS = {
    "pre": ViTConfig(embed_dim=24, depth=3, num_heads=3, mlp_dim=40),
    "post": ViTConfig(embed_dim=24, depth=2, num_heads=2, mlp_dim=40, norm="post", act="relu", patch_size=4),
}
both = pytest.mark.parametrize("config", CONFIGS.values(), ids=list(CONFIGS))


def lively(config: ViTConfig) -> VisionTransformer:
    """Build a random model in double precision in which every weight has an effect."""
    torch.manual_seed(0)
    model = VisionTransformer(config).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    return model


def images(count: int = 4) -> Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def subsets(config: ViTConfig, size: int, count: int = 4) -> Tensor:
    """Draw one subset of the patches for each image (count, size)."""
    order = torch.rand(count, config.num_patches, generator=torch.Generator().manual_seed(size)).argsort(dim=1)
    return order[:, :size].sort(dim=1).values


def masked_encoder(model: VisionTransformer, pixels: Tensor, visible: Tensor) -> Tensor:
    """Return the logits of PyTorch's encoder with the same weights, all patches and a mask of the hidden keys."""
    hidden = torch.ones(len(pixels), model.config.num_tokens, dtype=torch.bool)
    hidden[:, 0] = False
    hidden.scatter_(1, visible + 1, False)
    tokens = torch_encoder(model).double()(model.embed(pixels), src_key_padding_mask=hidden)
    return model.head(tokens[:, 0])


@both
@pytest.mark.parametrize("size", [0, 1, 7, 15])
def test_dropping_equals_masking_in_every_layer(config, size):
    model, visible = lively(config), subsets(config, size)
    with torch.no_grad():
        torch.testing.assert_close(
            model(images(), visible), masked_encoder(model, images(), visible), atol=1e-5, rtol=1e-5
        )


@both
def test_all_patches_visible_is_the_whole_image(config):
    model = lively(config)
    everything = torch.arange(config.num_patches).expand(4, -1)
    torch.testing.assert_close(model(images(), everything), model(images()))


@both
@pytest.mark.filterwarnings("ignore:images should be")
def test_only_the_pixels_of_visible_patches_matter(config):
    model, visible, P = lively(config), subsets(config, 5, 1), config.patch_size
    before = model(images(1), visible)
    for patch in range(config.num_patches):
        row, column = divmod(patch, config.grid_size)
        changed = images(1)
        changed[:, :, row * P : (row + 1) * P, column * P : (column + 1) * P] += 1
        same = torch.equal(model(changed, visible), before)
        assert same is (patch not in visible[0].tolist())


@both
def test_the_order_of_the_visible_patches_does_not_matter(config):
    model, visible = lively(config), subsets(config, 9)
    torch.testing.assert_close(model(images(), visible.flip(dims=[1])), model(images(), visible))


def test_missing_patches_get_no_gradient_at_their_positions():
    model, visible = lively(CONFIGS["pre"]), torch.tensor([[0, 5], [5, 9]])
    model(images(2), visible).sum().backward()
    moved = model.pos_embed.grad[0].abs().sum(dim=1) > 0
    assert moved.nonzero().flatten().tolist() == [0, 1, 6, 10]
