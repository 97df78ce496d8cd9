"""The vision transformer: image -> patches -> tokens -> blocks -> cls token -> logits.

Each class is one step of Dosovitskiy et al. 2021 ("An Image is Worth 16x16 Words", section 3.1), under timm's names.
`model(images)` gives logits, `model.trace(images)` all that happened on the way; both run the same modules.
"""

from __future__ import annotations

import warnings

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vit.config import ViTConfig
from vit.dropout import Dropout
from vit.trace import Trace, answering

TOKENS_AT_ONCE = 2176  # of a trace, 128 images of 17: few enough to stay in a cache, enough to outweigh the calls

MARGIN = 0.5  # that pixels may lie outside [0, 1]: noise and sharp resizing overshoot a little
# Always in the same words, without the numbers, for Python shows a warning once if its text is the same.
DISTANT = (
    "images should be in [0, 1], but some pixels are far outside: divide bytes by 255; the model normalises by itself"
)


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
        return images.reshape(B, (H // P) * (W // P), C * P * P)  # (B, G*G, C*P*P)

    def forward(self, images: Tensor) -> Tensor:
        return self.proj(self.patches(images))  # (B, G*G, D)


class Attention(nn.Module):
    """Let every token look at every token, in `num_heads` separate ways (Vaswani et al. 2017, section 3.2)."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.head_dim = config.head_dim
        self.scale = config.head_dim**-0.5
        self.qkv = nn.Linear(config.embed_dim, 3 * config.embed_dim)
        self.attn_drop = Dropout(config.dropout)
        self.proj = nn.Linear(config.embed_dim, config.embed_dim)

    def split_heads(self, tokens: Tensor) -> tuple[Tensor, ...]:
        """Cut tokens (B, N, n*D) into n tensors (B*h, N, d): to what follows, a head is one more image."""
        B, N, width = tokens.shape
        n = width // (self.num_heads * self.head_dim)
        tokens = tokens.reshape(B, N, n, self.num_heads, self.head_dim).permute(2, 0, 3, 1, 4)  # (n, B, h, N, d)
        return tokens.flatten(1, 2).unbind(0)  # n times (B*h, N, d)

    def join_heads(self, mixed: Tensor) -> Tensor:
        """Lay what the heads (B*h, Q, d) found side by side again, (B, Q, D)."""
        _, Q, d = mixed.shape
        return mixed.reshape(-1, self.num_heads, Q, d).transpose(1, 2).flatten(2)

    def forward(
        self, tokens: Tensor, num_queries: int | None = None, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mix tokens (B, N, D) by attention; only the first `num_queries` ask, all when None.

        Without gradients, the attention can be written to where it stays: `out`.

        Returns:
            The mixed tokens (B, Q, D) and the attention (B, h, Q, N), rows summing to 1 (before dropout).
        """
        if num_queries is None:
            q, k, v = self.split_heads(self.qkv(tokens))  # (B*h, N, d) each
        else:
            D, weight, bias = tokens.shape[-1], self.qkv.weight, self.qkv.bias
            (q,) = self.split_heads(F.linear(tokens[:, :num_queries], weight[:D], bias[:D]))  # (B*h, Q, d)
            k, v = self.split_heads(F.linear(tokens, weight[D:], bias[D:]))  # (B*h, N, d) each
        scores = torch.baddbmm(q.new_empty(()), q, k.mT, beta=0, alpha=self.scale)  # scale * q @ k.mT: (B*h, Q, N)
        exact = torch.promote_types(scores.dtype, torch.float32)  # in bfloat16, a softmax takes longer than in float32
        attn = torch.softmax(scores, dim=-1, dtype=exact, out=None if out is None else out.flatten(0, 1))
        attn = attn.unflatten(0, (-1, self.num_heads))  # (B, h, Q, N)
        mixed = torch.bmm(self.attn_drop(attn).flatten(0, 1).to(v.dtype), v)  # (B*h, Q, d)
        return self.proj(self.join_heads(mixed)), attn


class Mlp(nn.Module):
    """Rework each token on its own: widen, bend, narrow."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.embed_dim, config.mlp_dim)
        self.act = nn.GELU() if config.act == "gelu" else nn.ReLU()
        self.drop = Dropout(config.dropout)
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
        self.drop = Dropout(config.dropout)

    def forward(
        self, tokens: Tensor, num_queries: int | None = None, out: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the tokens (B, Q, D) after this block and its attention (B, h, Q, N).

        Without gradients, both can be written to where they stay: `out`.
        """
        tokens_out, attn_out = out or (None, None)
        if self.pre_norm:
            mixed, attn = self.attn(self.norm1(tokens), num_queries, attn_out)
            tokens = tokens[:, :num_queries] + self.drop(mixed)
            return torch.add(tokens, self.drop(self.mlp(self.norm2(tokens))), out=tokens_out), attn
        mixed, attn = self.attn(tokens, num_queries, attn_out)
        tokens = self.norm1(tokens[:, :num_queries] + self.drop(mixed))
        tokens = self.norm2(tokens + self.drop(self.mlp(tokens)))
        return tokens if tokens_out is None else tokens_out.copy_(tokens), attn


class VisionTransformer(nn.Module):
    """Read images of digits. The normalisation of the pixels is part of the model."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embed = PatchEmbed(config)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.embed_dim))
        positions = torch.zeros(1, config.num_tokens, config.embed_dim)
        if config.positions == "learned":
            self.pos_embed = nn.Parameter(positions)
        else:  # nothing to learn or to save, but whoever asks for them gets zeros
            self.register_buffer("pos_embed", positions, persistent=False)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.embed_dim) if config.norm == "pre" else nn.Identity()
        self.head = nn.Linear(config.embed_dim, config.num_classes)
        self.init_weights()

    def init_weights(self) -> None:
        """Start the learned offsets and the head as `config.start` says."""
        if self.cls_token.is_meta:  # shapes without numbers; to draw any would import PyTorch's compiler, for a second
            return
        learned = self.config.positions == "learned"
        if self.config.start == "unit":
            nn.init.normal_(self.cls_token)
            if learned:
                nn.init.uniform_(self.pos_embed)
            return
        nn.init.normal_(self.cls_token, std=0.02)
        if learned:
            nn.init.normal_(self.pos_embed, std=0.5)  # as large as the patches beside it: learns sooner than with 0.02
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def embed(self, images: Tensor, kept: Tensor | None = None) -> Tensor:
        """Turn images (B, C, H, W) in [0, 1] into tokens (B, N, D): cls first, then patches, positions added.

        Of the patches, only those numbered in `kept` (B, K) become tokens, all when None: N is 1 + K.

        Raises:
            ValueError: the images are not (B, in_chans, image_size, image_size), or not of floating point numbers.
        """
        self.check(images)
        patches = self.patch_embed((images - self.config.mean) / self.config.std)  # (B, G*G, D)
        cls_token = self.cls_token.expand(images.shape[0], -1, -1)  # (B, 1, D)
        tokens = torch.cat([cls_token, patches], dim=1) + self.pos_embed  # (B, N, D)
        return tokens if kept is None else select(tokens, kept)

    def check(self, images: Tensor) -> None:
        """Raise a `ValueError` for images of another shape or type; warn of pixels that are far outside [0, 1].

        Only a model in evaluation mode looks at the pixels, so that training pays nothing for it.
        """
        expected = (self.config.in_chans, self.config.image_size, self.config.image_size)
        if images.ndim != 4 or tuple(images.shape[1:]) != expected:
            raise ValueError(f"images must be (B, {', '.join(map(str, expected))}), got {tuple(images.shape)}")
        if not images.is_floating_point():
            raise ValueError(
                f"images must be floating point numbers in [0, 1], got {images.dtype}: divide bytes by 255"
            )
        if not self.training and not is_recorded(images) and has_distant_pixels(images):
            warnings.warn(DISTANT, stacklevel=2)

    def pooled(self, tokens: Tensor) -> Tensor:
        """Return what the head reads of tokens (..., N, D), (..., D): normed, cls or the mean of the patches."""
        if self.config.pool == "cls":
            return self.norm(tokens[..., 0, :])
        return answering(self.norm(tokens), self.config.pool)

    def classify(self, tokens: Tensor) -> Tensor:
        """Read the logits (B, K) off tokens (B, N, D) as the last block left them; of cls, its row is enough."""
        return self.head(self.pooled(tokens))

    def forward(self, images: Tensor, kept: Tensor | None = None) -> Tensor:
        """Return the logits (B, K) of images (B, C, H, W) in [0, 1], of which only the patches `kept` are seen.

        Where the head reads nothing but the cls token, only cls asks in the last block; logits and gradients
        are those of the full computation.
        """
        return self.read(self.embed(images, kept))

    def read(self, tokens: Tensor) -> Tensor:
        """Return the logits (B, K) of embedded tokens (B, N, D), cls first, of however many patches."""
        for block in self.blocks[:-1]:
            tokens, _ = block(tokens)
        tokens, _ = self.blocks[-1](tokens, num_queries=1 if self.config.pool == "cls" else None)  # (B, 1 or N, D)
        return self.classify(tokens)

    @torch.no_grad()
    def trace(self, images: Tensor) -> Trace:
        """Return all that one forward pass over images (B, C, H, W) in [0, 1] saw, as numbers without gradients.

        As in `forward`, dropout acts in training mode; the attention is that before dropout.

        A large batch goes through all blocks part by part, which keeps the numbers on their way in the processor's
        cache; what is kept of them is written straight to where it stays.
        """
        embedded = self.embed(images)  # (B, N, D)
        B, N, D = embedded.shape
        L, h = self.config.depth, self.config.num_heads
        exact = torch.promote_types(embedded.dtype, torch.float32)  # as Attention gives it
        attention, seen = embedded.new_empty(L, B, h, N, N, dtype=exact), embedded.new_empty(L, B, N, D)
        step = max(1, TOKENS_AT_ONCE // N)
        for part in (slice(start, start + step) for start in range(0, B, step)):
            tokens = embedded[part]
            for layer, block in enumerate(self.blocks):
                tokens, _ = block(tokens, out=(seen[layer, part], attention[layer, part]))
        return Trace(self.classify(seen[-1]), attention, seen, embedded, self.config.pool)

    @property
    def num_params(self) -> int:
        """Trainable numbers in the model."""
        return sum(weight.numel() for weight in self.parameters())


def is_recorded(images: Tensor) -> bool:
    """Tell whether PyTorch records the model (compile, export, trace, CUDA graph), where values cannot be looked at."""
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return True
    return images.is_cuda and torch.cuda.is_current_stream_capturing()


def has_distant_pixels(images: Tensor) -> bool:
    """Tell whether pixels lie more than `MARGIN` outside [0, 1], as bytes do, or normalised images."""
    if not images.numel():
        return False
    try:
        low, high = (end.item() for end in images.detach().aminmax())
    except RuntimeError:  # meta and fake tensors, `vmap` and `make_fx` have no values to look at
        return False
    return low < -MARGIN or high > 1 + MARGIN


def select(tokens: Tensor, kept: Tensor) -> Tensor:
    """Return of tokens (B, N, D) the cls token and the patches numbered, from 0, in `kept` (B, K): (B, 1 + K, D)."""
    cls_token = torch.zeros(kept.shape[0], 1, dtype=kept.dtype, device=kept.device)
    positions = torch.cat([cls_token, kept + 1], dim=1)  # (B, 1 + K)
    return tokens.gather(1, positions[..., None].expand(-1, -1, tokens.shape[-1]))
