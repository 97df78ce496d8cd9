"""Our model with PyTorch's own encoder, to compare the speed."""

from __future__ import annotations

from typing import cast
from unittest import mock

import torch
from torch import Tensor, nn

from vit.model import Block, VisionTransformer


class TorchEncoder(nn.Module):
    """Logits of a model, computed with `nn.TransformerEncoder`; embedding, head and weights are the model's own."""

    def __init__(self, model: VisionTransformer) -> None:
        super().__init__()
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
        self.model = model
        self.encoder = nn.TransformerEncoder(layer, config.depth, enable_nested_tensor=False)
        for theirs, ours in zip(self.encoder.layers, model.blocks, strict=True):
            weights = layer_weights(cast(Block, ours))
            theirs.load_state_dict(weights, assign=True)  # the same memory, so that both find it in the cache
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W) in [0, 1]."""
        return self.model.classify(self.encoder(self.model.embed(images)))


def layer_weights(block: Block) -> dict[str, Tensor]:
    """Weights of a block with the names of `nn.TransformerEncoderLayer`."""
    parts = {
        "self_attn.in_proj_": block.attn.qkv,
        "self_attn.out_proj.": block.attn.proj,
        "linear1.": block.mlp.fc1,
        "linear2.": block.mlp.fc2,
        "norm1.": block.norm1,
        "norm2.": block.norm2,
    }
    return {prefix + name: weight for prefix, part in parts.items() for name, weight in part.state_dict().items()}


def is_fused(encoder: TorchEncoder, images: Tensor) -> bool:
    """Whether PyTorch takes its fast path: one fused operator in each layer, which calls no module."""
    with torch.inference_mode():
        tokens = encoder.model.embed(images)
        with mock.patch.object(nn.Linear, "forward", autospec=True, side_effect=nn.Linear.forward) as module:
            encoder.encoder(tokens)
    return not module.called
