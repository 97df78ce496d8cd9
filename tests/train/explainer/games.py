"""A model whose Shapley values are known: its log-odds are a sum over the visible patches."""

import torch
from torch import Tensor

from vit import Trace, VisionTransformer, ViTConfig


class SumOfPatches(VisionTransformer):
    """Two classes; each visible patch adds `weight` times its token to the log-odds of the first."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        super().__init__(ViTConfig(patch_size=14, embed_dim=8, depth=1, num_heads=1, mlp_dim=8, num_classes=2))
        self.weight = torch.randn(8, generator=torch.Generator().manual_seed(1))
        self.eval().requires_grad_(False)

    def encode(self, tokens: Tensor) -> Tensor:
        total = (tokens[:, 1:] @ self.weight).sum(dim=1)  # (B,)
        return torch.stack([total, torch.zeros_like(total)], dim=1)

    def trace(self, images: Tensor) -> Trace:
        tokens = self.embed(images)
        return Trace(self.encode(tokens), tokens.new_zeros(1, len(tokens), 1, 5, 5), tokens[None], tokens)

    def known_values(self, images: Tensor, mask_mode: str) -> Tensor:
        """Return the Shapley values (B, 4, 2): what each patch adds, whatever the others do."""
        tokens = self.embed(images)
        if mask_mode == "erased":
            tokens = tokens - self.embed(torch.zeros_like(images[:1]))
        own = tokens[:, 1:] @ self.weight  # (B, 4)
        return torch.stack([own, -own], dim=-1)
