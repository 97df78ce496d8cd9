"""The vision transformer: image -> patches -> tokens -> blocks -> cls token -> ten logits.

Each class is one step of Dosovitskiy et al. 2021 ("An Image is Worth 16x16 Words", section 3.1), under timm's names.
`model(images)` gives logits, `model.trace(images)` all that happened on the way; both run the same modules.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vit.config import ViTConfig
from vit.trace import Trace


class PatchEmbed(nn.Module):
    """Cut images into square patches, row by row, and map each through one linear layer."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.patch_size = config.patch_size
        self.proj = nn.Linear(config.in_chans * config.patch_size**2, config.embed_dim)

    def patches(self, images: Tensor) -> Tensor:
        """Cut (B, C, H, W) into (B, G*G, C*P*P): patches row-major, pixels as `nn.Unfold` orders them."""
        B, C, H, W = images.shape
        P = self.patch_size
        images = images.reshape(B, C, H // P, P, W // P, P)
        images = images.permute(0, 2, 4, 1, 3, 5)  # (B, G, G, C, P, P)
        return images.reshape(B, -1, C * P * P)  # (B, G*G, C*P*P)

    def forward(self, images: Tensor) -> Tensor:
        return self.proj(self.patches(images))  # (B, G*G, D)


class Attention(nn.Module):
    """Let every token look at every token, in `num_heads` separate ways (Vaswani et al. 2017, section 3.2)."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.scale = config.head_dim**-0.5
        self.qkv = nn.Linear(config.embed_dim, 3 * config.embed_dim)
        self.attn_drop = nn.Dropout(config.dropout)
        self.proj = nn.Linear(config.embed_dim, config.embed_dim)

    def split_heads(self, tokens: Tensor) -> Tensor:
        B, N, D = tokens.shape
        return tokens.reshape(B, N, self.num_heads, D // self.num_heads).transpose(1, 2)  # (B, h, N, d)

    def forward(self, tokens: Tensor, num_queries: int | None = None) -> tuple[Tensor, Tensor]:
        """Mix tokens (B, N, D) by attention; only the first `num_queries` ask, all when None.

        Returns:
            The mixed tokens (B, Q, D) and the attention (B, h, Q, N), rows summing to 1 (before dropout).
        """
        D = tokens.shape[-1]
        weight, bias = self.qkv.weight, self.qkv.bias
        q = F.linear(tokens[:, :num_queries], weight[:D], bias[:D])  # (B, Q, D)
        k, v = F.linear(tokens, weight[D:], bias[D:]).chunk(2, dim=-1)  # (B, N, D) each
        q, k, v = self.split_heads(q), self.split_heads(k), self.split_heads(v)
        attn = (q * self.scale @ k.transpose(-2, -1)).softmax(dim=-1)  # (B, h, Q, N)
        mixed = self.attn_drop(attn) @ v  # (B, h, Q, d)
        return self.proj(mixed.transpose(1, 2).flatten(2)), attn


class Mlp(nn.Module):
    """Rework each token on its own: widen, bend, narrow."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.embed_dim, config.mlp_dim)
        self.act = nn.GELU() if config.act == "gelu" else nn.ReLU()
        self.drop = nn.Dropout(config.dropout)
        self.fc2 = nn.Linear(config.mlp_dim, config.embed_dim)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(self.drop(self.act(self.fc1(tokens))))  # (B, N, D)


class Block(nn.Module):
    """Attention, then MLP, each added to what was there; the norms come before (`pre`) or after (`post`)."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.pre_norm = config.norm == "pre"
        self.norm1 = nn.LayerNorm(config.embed_dim)
        self.attn = Attention(config)
        self.norm2 = nn.LayerNorm(config.embed_dim)
        self.mlp = Mlp(config)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, tokens: Tensor, num_queries: int | None = None) -> tuple[Tensor, Tensor]:
        """Return the tokens (B, Q, D) after this block and its attention (B, h, Q, N)."""
        if self.pre_norm:
            mixed, attn = self.attn(self.norm1(tokens), num_queries)
            tokens = tokens[:, :num_queries] + self.drop(mixed)
            return tokens + self.drop(self.mlp(self.norm2(tokens))), attn
        mixed, attn = self.attn(tokens, num_queries)
        tokens = self.norm1(tokens[:, :num_queries] + self.drop(mixed))
        return self.norm2(tokens + self.drop(self.mlp(tokens))), attn


class VisionTransformer(nn.Module):
    """Read images of digits. The normalisation of the pixels is part of the model."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embed = PatchEmbed(config)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.embed_dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, config.num_tokens, config.embed_dim))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.embed_dim) if config.norm == "pre" else nn.Identity()
        self.head = nn.Linear(config.embed_dim, config.num_classes)
        self.init_weights()

    def init_weights(self) -> None:
        """Start small where a learned offset is added and at the head, so that the first guess is even."""
        for weight in (self.cls_token, self.pos_embed, self.head.weight):
            nn.init.trunc_normal_(weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def embed(self, images: Tensor) -> Tensor:
        """Turn images (B, C, H, W) in [0, 1] into tokens (B, N, D): cls first, then patches, positions added.

        Raises:
            ValueError: the images are not (B, in_chans, image_size, image_size).
        """
        expected = (self.config.in_chans, self.config.image_size, self.config.image_size)
        if images.ndim != 4 or tuple(images.shape[1:]) != expected:
            raise ValueError(f"images must be (B, {', '.join(map(str, expected))}), got {tuple(images.shape)}")
        patches = self.patch_embed((images - self.config.mean) / self.config.std)  # (B, G*G, D)
        cls_token = self.cls_token.expand(len(images), -1, -1)  # (B, 1, D)
        return torch.cat([cls_token, patches], dim=1) + self.pos_embed  # (B, N, D)

    def classify(self, tokens: Tensor) -> Tensor:
        """Read the logits (B, K) off the cls token of `tokens` (B, N, D) as the last block left them."""
        return self.head(self.norm(tokens[:, 0]))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (B, K) of images (B, C, H, W) in [0, 1].

        The head reads nothing but the cls token, so in the last block only cls asks; logits and gradients
        are those of the full computation.
        """
        tokens = self.embed(images)
        for block in self.blocks[:-1]:
            tokens, _ = block(tokens)
        tokens, _ = self.blocks[-1](tokens, num_queries=1)  # (B, 1, D)
        return self.classify(tokens)

    def trace(self, images: Tensor) -> Trace:
        """Return all that one forward pass over images (B, C, H, W) in [0, 1] saw."""
        embedded = tokens = self.embed(images)
        seen, attention = [], []
        for block in self.blocks:
            tokens, attn = block(tokens)
            seen.append(tokens)
            attention.append(attn)
        return Trace(self.classify(tokens), torch.stack(attention), torch.stack(seen), embedded)

    @property
    def num_params(self) -> int:
        """Trainable numbers in the model."""
        return sum(weight.numel() for weight in self.parameters())
