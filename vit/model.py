"""The vision transformer: image -> patches -> tokens -> encoder blocks -> cls token -> logits.

Each class is one step of Dosovitskiy et al. 2021 ("An Image is Worth 16x16 Words", section 3.1), under timm's names.
`model(images)` returns logits; `model.trace(images)` returns logits, attention and tokens. Both run the same modules.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vit.config import ViTConfig
from vit.dropout import Dropout
from vit.trace import Trace, pool_tokens
from vit.validation import check_images

# Tokens that go through the model together: with more, the numbers of a block no longer fit into the processor's cache.
TOKENS_AT_ONCE = 2176


class PatchEmbed(nn.Module):
    """Cut images into square patches and map each to a vector with one linear layer."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.patch_size = config.patch_size
        self.proj = nn.Linear(config.in_chans * config.patch_size**2, config.embed_dim)

    def patches(self, images: Tensor) -> Tensor:
        """Cut (B, C, H, W) into (B, G*G, C*P*P): patches row by row, pixels in the order of `nn.Unfold`."""
        B, C, H, W = images.shape
        P = self.patch_size
        images = images.reshape(B, C, H // P, P, W // P, P)
        images = images.permute(0, 2, 4, 1, 3, 5)  # (B, G, G, C, P, P)
        return images.reshape(B, (H // P) * (W // P), C * P * P)  # (B, G*G, C*P*P)

    def forward(self, images: Tensor) -> Tensor:
        return self.proj(self.patches(images))  # (B, G*G, D)


class Attention(nn.Module):
    """Multi-head self-attention (Vaswani et al. 2017, section 3.2)."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.head_dim = config.head_dim
        self.scale = config.head_dim**-0.5
        self.qkv = nn.Linear(config.embed_dim, 3 * config.embed_dim)
        self.attn_drop = Dropout(config.dropout)
        self.proj = nn.Linear(config.embed_dim, config.embed_dim)

    def split_heads(self, tokens: Tensor) -> Tensor:
        """Compute queries, keys and values of tokens (B, N, D): (3, B, h, N, d)."""
        qkv = self.qkv(tokens).unflatten(-1, (3, self.num_heads, self.head_dim))  # (B, N, 3, h, d)
        return qkv.permute(2, 0, 3, 1, 4)  # (3, B, h, N, d)

    def mix(self, tokens: Tensor, num_queries: int | None = None) -> tuple[Tensor, Tensor]:
        """Return the output of each head for tokens (B, N, D), (B, h, Q, d), and the attention; see `forward`."""
        q, k, v = self.split_heads(tokens)  # (B, h, N, d) each
        q = q[:, :, :num_queries]  # (B, h, Q, d)
        scores = self.scale * q @ k.mT  # (B, h, Q, N)
        attn = scores.softmax(dim=-1, dtype=torch.promote_types(scores.dtype, torch.float32))  # exact in bfloat16 too
        return self.attn_drop(attn).to(v.dtype) @ v, attn

    def join_heads(self, mixed: Tensor) -> Tensor:
        """Map the outputs of the heads (B, h, Q, d) to tokens (B, Q, D) with one linear layer."""
        return self.proj(mixed.transpose(1, 2).flatten(2))

    def forward(self, tokens: Tensor, num_queries: int | None = None) -> tuple[Tensor, Tensor]:
        """Mix tokens (B, N, D) by attention.

        Args:
            num_queries: only the first Q tokens attend to the others; None for all.

        Returns:
            The mixed tokens (B, Q, D) and the attention (B, h, Q, N) before dropout, whose rows sum to 1.
        """
        mixed, attn = self.mix(tokens, num_queries)
        return self.join_heads(mixed), attn


class Mlp(nn.Module):
    """Transform each token on its own: a wide hidden layer between two linear ones."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.embed_dim, config.mlp_dim)
        self.act = nn.GELU() if config.act == "gelu" else nn.ReLU()
        self.drop = Dropout(config.dropout)
        self.fc2 = nn.Linear(config.mlp_dim, config.embed_dim)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(self.drop(self.act(self.fc1(tokens))))  # (B, N, D)


class Block(nn.Module):
    """One encoder layer: attention, then MLP, each with a residual connection.

    LayerNorm comes before each part (`pre`, as in timm) or after each sum (`post`, as in `nn.TransformerEncoder`).
    """

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.pre_norm = config.norm == "pre"
        self.norm1 = nn.LayerNorm(config.embed_dim)
        self.attn = Attention(config)
        self.norm2 = nn.LayerNorm(config.embed_dim)
        self.mlp = Mlp(config)
        self.drop = Dropout(config.dropout)

    def forward(self, tokens: Tensor, num_queries: int | None = None) -> tuple[Tensor, Tensor]:
        """Return the tokens (B, Q, D) after this block and its attention (B, h, Q, N)."""
        mixed, attn = self.attn(self.norm1(tokens) if self.pre_norm else tokens, num_queries)
        tokens = tokens[:, :num_queries] + self.drop(mixed)  # (B, Q, D)
        if self.pre_norm:
            return tokens + self.drop(self.mlp(self.norm2(tokens))), attn
        tokens = self.norm1(tokens)
        return self.norm2(tokens + self.drop(self.mlp(tokens))), attn


class VisionTransformer(nn.Module):
    """Classify images. The normalisation of the pixels is part of the model."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embed = PatchEmbed(config)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.embed_dim))
        positions = torch.zeros(1, config.num_tokens, config.embed_dim)
        if config.positions == "learned":
            self.pos_embed = nn.Parameter(positions)
        else:  # zeros, which are neither learned nor saved
            self.register_buffer("pos_embed", positions, persistent=False)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.embed_dim) if config.norm == "pre" else nn.Identity()
        self.head = nn.Linear(config.embed_dim, config.num_classes)
        self.init_weights()

    def init_weights(self) -> None:
        """Initialise cls token, position embeddings and head as `config.start` says."""
        if self.cls_token.is_meta:  # a model without numbers; random ones there would import PyTorch's compiler
            return
        learned = self.config.positions == "learned"
        if self.config.start == "unit":
            nn.init.normal_(self.cls_token)
            if learned:
                nn.init.uniform_(self.pos_embed)
            return
        nn.init.normal_(self.cls_token, std=0.02)
        if learned:
            nn.init.normal_(self.pos_embed, std=0.5)  # as large as the patch embeddings: learns faster than 0.02
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def embed(self, images: Tensor, visible: Tensor | None = None) -> Tensor:
        """Turn images (B, C, H, W) in [0, 1] into tokens (B, N, D): cls first, then patches, positions added.

        Args:
            visible: (B, V), numbers of the patches that become tokens (N is 1 + V); None for all.

        Raises:
            ValueError: the images are not (B, in_chans, image_size, image_size), or not of floating point numbers.
        """
        check_images(images, self.config.in_chans, self.config.image_size, look=not self.training)
        patches = self.patch_embed((images - self.config.mean) / self.config.std)  # (B, G*G, D)
        cls_token = self.cls_token.expand(images.shape[0], -1, -1)  # (B, 1, D)
        tokens = torch.cat([cls_token, patches], dim=1) + self.pos_embed  # (B, N, D)
        return tokens if visible is None else select(tokens, visible)

    def pooled(self, tokens: Tensor) -> Tensor:
        """Return the input of the head for tokens (..., N, D), (..., D): the normed cls token or mean patch token."""
        if self.config.pool == "cls":
            return self.norm(tokens[..., 0, :])
        return pool_tokens(self.norm(tokens), self.config.pool)

    def classify(self, tokens: Tensor) -> Tensor:
        """Return the logits (B, K) for the tokens (B, N, D) of the last block; with cls pooling, N = 1 is enough."""
        return self.head(self.pooled(tokens))

    def forward(self, images: Tensor, visible: Tensor | None = None) -> Tensor:
        """Return the logits (B, K) of images (B, C, H, W) in [0, 1]; arguments and errors as in `embed`."""
        return self.encode(self.embed(images, visible))

    def encode(self, tokens: Tensor) -> Tensor:
        """Return the logits (B, K) of embedded tokens (B, N, D), cls first, with any number of patches.

        With cls pooling, the last block computes the cls token only: the head reads no other.
        """
        for block in self.blocks[:-1]:
            tokens, _ = block(tokens)
        tokens, _ = self.blocks[-1](tokens, num_queries=1 if self.config.pool == "cls" else None)  # (B, 1 or N, D)
        return self.classify(tokens)

    @torch.no_grad()
    def trace(self, images: Tensor) -> Trace:
        """Run images (B, C, H, W) in [0, 1] and record attention and tokens of every block, without gradients."""
        embedded = self.embed(images)  # (B, N, D)
        parts = [self.trace_tokens(part) for part in embedded.split(max(1, TOKENS_AT_ONCE // embedded.shape[1]))]
        attention, tokens = (torch.cat(part, dim=1) for part in zip(*parts, strict=True))
        return Trace(self.classify(tokens[-1]), attention, tokens, embedded, self.config.pool)

    def trace_tokens(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return attention (L, B, h, N, N) and tokens (L, B, N, D) of all blocks for embedded tokens (B, N, D)."""
        attention, outputs = [], []
        for block in self.blocks:
            tokens, attn = block(tokens)
            attention.append(attn)
            outputs.append(tokens)
        return torch.stack(attention), torch.stack(outputs)

    @property
    def num_params(self) -> int:
        """Number of trainable parameters."""
        return sum(weight.numel() for weight in self.parameters())


def select(tokens: Tensor, visible: Tensor) -> Tensor:
    """Select from tokens (B, N, D) the cls token and the patches numbered in `visible` (B, V): (B, 1 + V, D)."""
    cls_token = torch.zeros(visible.shape[0], 1, dtype=visible.dtype, device=visible.device)
    positions = torch.cat([cls_token, visible + 1], dim=1)  # (B, 1 + V)
    return tokens.gather(1, positions[..., None].expand(-1, -1, tokens.shape[-1]))
