"""A patch that is not kept might as well not exist: for the logits, and as an nn.TransformerEncoder that masks it."""

import pytest
import torch
from torch import Tensor

from tests.vit.test_model import torch_encoder
from vit import VisionTransformer, ViTConfig

CONFIGS = {
    "pre": ViTConfig(embed_dim=24, depth=3, num_heads=3, mlp_dim=40),
    "post": ViTConfig(embed_dim=24, depth=2, num_heads=2, mlp_dim=40, norm="post", act="relu", patch_size=4),
}
both = pytest.mark.parametrize("config", CONFIGS.values(), ids=list(CONFIGS))


def lively(config: ViTConfig) -> VisionTransformer:
    """A model in double precision whose every weight matters."""
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


def masked_encoder(model: VisionTransformer, pixels: Tensor, kept: Tensor) -> Tensor:
    """The same weights in PyTorch's own encoder, which sees all patches and is told which keys to leave out."""
    unseen = torch.ones(len(pixels), model.config.num_tokens, dtype=torch.bool)
    unseen[:, 0] = False
    unseen.scatter_(1, kept + 1, False)
    tokens = torch_encoder(model).double()(model.embed(pixels), src_key_padding_mask=unseen)
    return model.head(tokens[:, 0])


@both
@pytest.mark.parametrize("size", [0, 1, 7, 15])
def test_dropping_equals_masking_in_every_layer(config, size):
    model, kept = lively(config), subsets(config, size)
    with torch.no_grad():
        torch.testing.assert_close(model(images(), kept), masked_encoder(model, images(), kept), atol=1e-5, rtol=1e-5)


@both
def test_all_patches_kept_is_the_whole_image(config):
    model = lively(config)
    everything = torch.arange(config.num_patches).expand(4, -1)
    torch.testing.assert_close(model(images(), everything), model(images()))


@both
@pytest.mark.filterwarnings("ignore:images should be")
def test_pixels_of_a_missing_patch_do_not_matter_and_those_of_a_kept_one_do(config):
    model, kept, P = lively(config), subsets(config, 5, 1), config.patch_size
    before = model(images(1), kept)
    for patch in range(config.num_patches):
        row, column = divmod(patch, config.grid_size)
        changed = images(1)
        changed[:, :, row * P : (row + 1) * P, column * P : (column + 1) * P] += 1
        same = torch.equal(model(changed, kept), before)
        assert same is (patch not in kept[0].tolist())


@both
def test_the_order_of_the_kept_patches_does_not_matter(config):
    model, kept = lively(config), subsets(config, 9)
    torch.testing.assert_close(model(images(), kept.flip(dims=[1])), model(images(), kept))


def test_missing_patches_get_no_gradient_at_their_positions():
    model, kept = lively(CONFIGS["pre"]), torch.tensor([[0, 5], [5, 9]])
    model(images(2), kept).sum().backward()
    moved = model.pos_embed.grad[0].abs().sum(dim=1) > 0
    assert moved.nonzero().flatten().tolist() == [0, 1, 6, 10]
