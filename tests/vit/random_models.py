"""For tests of the model: every architecture, random weights and images, and PyTorch's own encoder."""

import pytest
import torch
from torch import nn

from vit import PRESETS, VisionTransformer, ViTConfig

CONFIGS = {
    **PRESETS,
    **{f"patch {side}": ViTConfig(patch_size=side) for side in (2, 4, 14)},
    "mean of the patches": ViTConfig(patch_size=14, pool="mean"),
    "mean, post-norm": ViTConfig(pool="mean", norm="post", act="relu", depth=1),
    "no positions": ViTConfig(positions="none", start="unit"),
    "mean, no positions": ViTConfig(patch_size=4, depth=2, pool="mean", positions="none"),
    "patch 4, post-norm, deep": ViTConfig(patch_size=4, depth=5, norm="post", act="relu", embed_dim=32, num_heads=2),
}
every_config = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())


def lively(config, seed=0):
    """Build a random model in which every weight has an effect: none stays at zero or one."""
    torch.manual_seed(seed)
    model = VisionTransformer(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return model


def images(count=3, seed=1):
    """Return random images (count, 1, 28, 28) in [0, 1]."""
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


def torch_encoder(model):
    """Return an `nn.TransformerEncoder` with the same weights."""
    config = model.config
    layer = nn.TransformerEncoderLayer(
        config.embed_dim,
        config.num_heads,
        config.mlp_dim,
        config.dropout,
        activation=config.act,
        batch_first=True,
        norm_first=config.norm == "pre",
    )
    norm = nn.LayerNorm(config.embed_dim) if config.norm == "pre" else None
    encoder = nn.TransformerEncoder(layer, config.depth, norm=norm, enable_nested_tensor=False).eval()
    for theirs, ours in zip(encoder.layers, model.blocks, strict=True):
        copy = {
            "self_attn.in_proj_weight": ours.attn.qkv.weight,
            "self_attn.in_proj_bias": ours.attn.qkv.bias,
            "self_attn.out_proj.weight": ours.attn.proj.weight,
            "self_attn.out_proj.bias": ours.attn.proj.bias,
            "linear1.weight": ours.mlp.fc1.weight,
            "linear1.bias": ours.mlp.fc1.bias,
            "linear2.weight": ours.mlp.fc2.weight,
            "linear2.bias": ours.mlp.fc2.bias,
        }
        for norm_name in ("norm1", "norm2"):
            for part in ("weight", "bias"):
                copy[f"{norm_name}.{part}"] = getattr(getattr(ours, norm_name), part)
        theirs.load_state_dict(copy)
    if isinstance(encoder.norm, nn.LayerNorm):
        encoder.norm.load_state_dict(model.norm.state_dict())
    return encoder
