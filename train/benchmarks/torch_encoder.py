"""A model made of PyTorch's own parts: what the speed of reading is measured against."""

from __future__ import annotations

from typing import cast
from unittest import mock

import torch
from torch import Tensor, nn

from vit.model import Block, VisionTransformer


class Reference(nn.Module):
    """The logits of a model, by `nn.TransformerEncoder`; weights, embedding and head are the model's own."""

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
            theirs.load_state_dict(weights, assign=True)  # one memory, so that caches hold it for both
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (B, K) of images (B, C, H, W) in [0, 1]."""
        return self.model.classify(self.encoder(self.model.embed(images)))


def layer_weights(block: Block) -> dict[str, Tensor]:
    """Return a block's weights under the names that `nn.TransformerEncoderLayer` has for them."""
    parts = {
        "self_attn.in_proj_": block.attn.qkv,
        "self_attn.out_proj.": block.attn.proj,
        "linear1.": block.mlp.fc1,
        "linear2.": block.mlp.fc2,
        "norm1.": block.norm1,
        "norm2.": block.norm2,
    }
    return {prefix + name: weight for prefix, part in parts.items() for name, weight in part.state_dict().items()}


def is_fused(reference: Reference, images: Tensor) -> bool:
    """Say whether PyTorch takes its fast path: in every layer one fused operator, which calls none of its modules."""
    with torch.inference_mode():
        tokens = reference.model.embed(images)
        with mock.patch.object(nn.Linear, "forward", autospec=True, side_effect=nn.Linear.forward) as module:
            reference.encoder(tokens)
    return not module.called
