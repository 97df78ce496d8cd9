"""Amortised Shapley values: a small network predicts those of all patches and classes in one pass.

The explainer reads the tokens of the frozen model, after every block, and is trained on noisy labels
(`train.explainer`; stochastic amortization, Covert et al. 2024). What it predicts is near the Shapley values and not
exact: only their sum is, by an additive correction (Jethwani et al. 2022, FastSHAP, equation 6).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vit import checkpoint
from vit.checkpoint import EXPLAINER_FORMAT, CheckpointError
from vit.config import ViTConfig, check_whole
from vit.explain.masking import MASK_MODES
from vit.model import Block, VisionTransformer
from vit.trace import Trace
from vit.validation import check_choice

FOLDER = "explainers"  # in the folder of the shipped checkpoints
MOST_WIDTH, MOST_DEPTH = 1024, 12


@dataclass(frozen=True)
class ExplainerConfig:
    """Sizes of an explainer, and what it explains.

    Attributes:
        mask_mode: what a missing patch is, `erased` or `unseen`.
        in_features: features of a token of the explained model, over all its layers.
        num_classes: of the explained model.
        weights: digest of the explained model's weights.
        width: features of a token in the explainer.
        depth: its encoder blocks.

    Raises:
        ValueError: a size is not positive or far too large, or there is no such mask mode.
    """

    mask_mode: str
    in_features: int
    num_classes: int
    weights: str
    width: int = 64
    depth: int = 2

    def __post_init__(self) -> None:
        check_choice("mask_mode", self.mask_mode, MASK_MODES)
        check_whole("in_features", self.in_features, 1, 2**20)
        check_whole("num_classes", self.num_classes, 2, 2**16)
        check_whole("width", self.width, 4, MOST_WIDTH)
        check_whole("depth", self.depth, 0, MOST_DEPTH)


class Explainer(nn.Module):
    """Predict the Shapley values of all patches and classes from the trace of a frozen model."""

    none: Tensor

    def __init__(self, config: ExplainerConfig) -> None:
        super().__init__()
        self.config = config
        sizes = ViTConfig(embed_dim=config.width, num_heads=4, mlp_dim=2 * config.width)
        self.proj = nn.Linear(config.in_features, config.width)
        self.blocks = nn.ModuleList(Block(sizes) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.num_classes)
        self.register_buffer("none", torch.zeros(config.num_classes))  # log-odds with no patch visible

    def forward(self, features: Tensor) -> Tensor:
        """Return the values (B, G*G, K) before the correction, from the features (B, N, F) of all tokens."""
        tokens = self.proj(features)
        for block in self.blocks:
            tokens, _ = block(tokens)
        return self.head(self.norm(tokens[:, 1:]))

    def values(self, trace: Trace, maskable: Tensor) -> Tensor:
        """Predict the Shapley values (B, G*G, K) of a trace, in nats; 0 for patches that are not maskable.

        Args:
            maskable: (B, G*G) bool, see `maskable_patches`.
        """
        total = all_log_odds(trace.logits) - self.none
        return with_sum(self(token_features(trace)), total, maskable)


def token_features(trace: Trace) -> Tensor:
    """Return the tokens of all layers side by side, (B, N, F), each normed to mean 0 and variance 1."""
    tokens = torch.cat([trace.embedded[None], trace.tokens])  # (L + 1, B, N, D)
    return F.layer_norm(tokens, tokens.shape[-1:]).permute(1, 2, 0, 3).flatten(2)  # (B, N, (L + 1) * D)


def with_sum(values: Tensor, total: Tensor, maskable: Tensor) -> Tensor:
    """Shift the values (B, G*G, K) of the maskable patches (B, G*G) alike, so that they add up to `total` (B, K)."""
    values = values * maskable[..., None]
    missing = (total - values.sum(dim=1)) / maskable.sum(dim=1, keepdim=True).clamp(min=1)  # (B, K)
    return values + missing[:, None] * maskable[..., None]


def maskable_patches(model: VisionTransformer, images: Tensor, mask_mode: str) -> Tensor:
    """Tell which patches of images (B, C, H, W) are maskable, (B, G*G): those with ink, or all if `unseen`."""
    inked = (model.patch_embed.patches(images) != 0).any(dim=2)
    return inked if mask_mode == "erased" else torch.ones_like(inked)


def all_log_odds(logits: Tensor) -> Tensor:
    """Log-odds of every class (..., K), in nats, from logits (..., K); see `vit.explain.masking.log_odds`."""
    own = torch.eye(logits.shape[-1], dtype=torch.bool, device=logits.device)
    return logits - logits[..., None, :].masked_fill(own, -inf).logsumexp(dim=-1)


@torch.no_grad()
def log_odds_of_nothing(model: VisionTransformer, mask_mode: str) -> Tensor:
    """Return the log-odds (K,) of all classes with every patch erased or unseen."""
    config = model.config
    blank = model.embed(model.cls_token.new_zeros(1, config.in_chans, config.image_size, config.image_size))
    return all_log_odds(model.encode(blank if mask_mode == "erased" else blank[:, :1])[0])


def new_explainer(model: VisionTransformer, mask_mode: str, **sizes: int) -> Explainer:
    """Return an untrained explainer of a model, with random weights from PyTorch's generator.

    Raises:
        ValueError: a size or the mask mode is outside what `ExplainerConfig` allows.
    """
    features = (model.config.depth + 1) * model.config.embed_dim
    config = ExplainerConfig(mask_mode, features, model.config.num_classes, weights_of(model), **sizes)
    explainer = Explainer(config)
    explainer.none.copy_(log_odds_of_nothing(model, mask_mode))
    return explainer


def weights_of(model: VisionTransformer) -> str:
    """Return the digest of a model's weights, which an explainer's file names."""
    return checkpoint.digest(model.state_dict(), {})


@torch.no_grad()
def predict(explainer: Explainer, model: VisionTransformer, images: Tensor) -> Tensor:
    """Predict the Shapley values (B, G*G, K) of images (B, C, H, W) in [0, 1] for all classes, in nats."""
    return explainer.values(model.trace(images), maskable_patches(model, images, explainer.config.mask_mode))


def shipped(name: str, mask_mode: str) -> Path | None:
    """Return the file of the shipped explainer of a shipped model; None if none ships."""
    path = checkpoint.ASSETS / FOLDER / f"{name}-{mask_mode}.safetensors"
    return path if path.is_file() else None


def save(explainer: Explainer, path: str | Path, recipe: dict[str, Any], figures: dict[str, Any]) -> None:
    """Write an explainer in half precision, with its recipe and measured figures; errors as in `checkpoint.save`."""
    tensors = {name: tensor.half() for name, tensor in explainer.state_dict().items()}
    parts = {"config": asdict(explainer.config), "recipe": recipe, "figures": figures}
    checkpoint.write(path, tensors, {"format": EXPLAINER_FORMAT} | {name: json.dumps(parts[name]) for name in parts})


def load(path: str | Path, model: VisionTransformer) -> Explainer:
    """Load the explainer of a model: on the CPU, in evaluation mode.

    Raises:
        CheckpointError: no such file, or it is damaged, of another kind, or explains another model.
    """
    path = checkpoint.locate(path)
    metadata, tensors = checkpoint.read_file(path, EXPLAINER_FORMAT)
    try:
        explainer = Explainer(ExplainerConfig(**json.loads(metadata["config"])))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} has a damaged header: {error}") from None
    if explainer.config.weights != weights_of(model):
        raise CheckpointError(f"{path} explains another model: the weights in its header are not those of this model")
    problem = checkpoint.difference(explainer.half().state_dict(), tensors)
    if problem:
        raise CheckpointError(f"{path} does not fit its own config: {problem}")
    explainer.load_state_dict(tensors)
    return explainer.float().eval().requires_grad_(False)


def read_figures(path: str | Path) -> dict[str, Any]:
    """Return the measured figures of an explainer's file; errors as in `load`."""
    return read_part(checkpoint.locate(path), "figures")


def add_figures(path: str | Path, model: VisionTransformer, figures: dict[str, Any]) -> None:
    """Add figures to the file of a model's explainer; the rest stays. Errors as in `load` and `save`."""
    path = checkpoint.locate(path)
    save(load(path, model), path, read_part(path, "recipe"), read_part(path, "figures") | figures)


def read_part(path: Path, name: str) -> dict[str, Any]:
    """Return a part of the header of an explainer's file; errors as in `load`."""
    metadata, _ = checkpoint.read_file(path, EXPLAINER_FORMAT)
    try:
        return json.loads(metadata[name])
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{path} has a damaged header: {error}") from None
