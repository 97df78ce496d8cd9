"""Configuration of a vision transformer, and the presets by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vit.validation import check_choice, check_range

MOST_SIZE, MOST_DEPTH = 2**16, 1000  # of each size, and of the blocks
MOST_WEIGHTS = 10**9  # 4 GB: more can hardly be trained, and much more cannot be counted


@dataclass(frozen=True)
class ViTConfig:
    """Describe a vision transformer. Lengths are in pixels, widths in features.

    `norm="post"` with `act="relu"` is the block of the original transformer (Vaswani et al. 2017, section 3.1),
    which is also what `nn.TransformerEncoderLayer` builds by default; `norm="pre"` with `act="gelu"` is the
    block of ViT (Dosovitskiy et al. 2021, equations 2 and 3), with one more LayerNorm before the head.

    `start="small"` initialises head and cls token with a standard deviation of 0.02, so that the first prediction is
    nearly uniform, and the positions with 0.5, so that they matter from the first step; `start="unit"` draws the cls
    token from a standard normal, the positions uniformly from [0, 1), and the head as `nn.Linear` does.

    `pool="cls"` classifies the cls token; `pool="mean"` classifies the mean of the patch tokens after the final norm
    (Beyer et al. 2022, "Better plain ViT baselines for ImageNet-1k"). The cls token then stays in the sequence, so that
    both kinds have the same tokens, but the head does not read it.

    `positions="none"` adds no position embeddings: the model sees an unordered set of patches.

    `names` are the names of the classes; if empty, they are "0", "1" and so on.

    Raises:
        ValueError: a size is not positive or far too large, the patches do not tile the image, the heads do not divide
            the width, a number is not finite or outside its range, a named choice is unknown, or there is not one
            name for each class. The message names the value.
    """

    image_size: int = 28
    patch_size: int = 7
    in_chans: int = 1
    num_classes: int = 10
    embed_dim: int = 64
    depth: int = 3
    num_heads: int = 4
    mlp_dim: int = 128
    dropout: float = 0.0
    norm: Literal["pre", "post"] = "pre"
    act: Literal["gelu", "relu"] = "gelu"
    start: Literal["small", "unit"] = "small"
    pool: Literal["cls", "mean"] = "cls"
    positions: Literal["learned", "none"] = "learned"
    mean: float = 0.1307
    std: float = 0.3081
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (
            "image_size",
            "patch_size",
            "in_chans",
            "num_classes",
            "embed_dim",
            "depth",
            "num_heads",
            "mlp_dim",
        ):
            check_whole(name, getattr(self, name), 1, MOST_DEPTH if name == "depth" else MOST_SIZE)
        if self.image_size % self.patch_size:
            raise ValueError(f"patch_size must divide image_size {self.image_size}, got {self.patch_size}")
        if self.embed_dim % self.num_heads:
            raise ValueError(f"num_heads must divide embed_dim {self.embed_dim}, got {self.num_heads}")
        check_range("dropout", self.dropout, 0, 1, high_open=True)
        check_range("mean", self.mean)
        check_range("std", self.std, 0, low_open=True)
        check_choice("norm", self.norm, ("pre", "post"))
        check_choice("act", self.act, ("gelu", "relu"))
        check_choice("start", self.start, ("small", "unit"))
        check_choice("pool", self.pool, ("cls", "mean"))
        check_choice("positions", self.positions, ("learned", "none"))
        object.__setattr__(self, "names", checked_names(self.names, self.num_classes))
        if self.num_weights > MOST_WEIGHTS:
            given = f"got sizes that make {self.num_weights:,}"
            raise ValueError(f"a model must have at most {MOST_WEIGHTS:,} parameters, {given}")

    @property
    def grid_size(self) -> int:
        """Patches along one side of the image."""
        return self.image_size // self.patch_size

    @property
    def num_patches(self) -> int:
        """Patches in the image, the cls token not counted."""
        return self.grid_size**2

    @property
    def num_tokens(self) -> int:
        """Tokens in the sequence: the cls token and the patches."""
        return 1 + self.num_patches

    @property
    def num_weights(self) -> int:
        """About how many weights the model has: its matrices and positions, without biases and norms."""
        positions = self.num_tokens if self.positions == "learned" else 1  # cls alone
        ends = self.in_chans * self.patch_size**2 + positions + self.num_classes
        return self.depth * (4 * self.embed_dim**2 + 2 * self.embed_dim * self.mlp_dim) + ends * self.embed_dim

    @property
    def class_names(self) -> tuple[str, ...]:
        """What each class is called."""
        return self.names or tuple(str(number) for number in range(self.num_classes))

    @property
    def head_dim(self) -> int:
        """Features that one attention head works with."""
        return self.embed_dim // self.num_heads


def check_whole(name: str, value: object, low: int = 0, high: int = 2**32 - 1) -> None:
    """Raise a `ValueError` that names the field unless `value` is a whole number from `low` to `high`."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number in [{low}, {high}], got {value!r:.80}")


def checked_names(names: Sequence[str], num_classes: int) -> tuple[str, ...]:
    """Return the classes' names as a tuple, also where they came as JSON's list; raise a `ValueError` if some lack."""
    given = tuple(names) if isinstance(names, (tuple, list)) else ("",)
    if given and (len(given) != num_classes or not all(isinstance(name, str) and name for name in given)):
        raise ValueError(f"names must be one text for each of {num_classes} classes, or none at all, got {names!r}")
    return given


PRESETS = {
    # The blog post's model: nn.TransformerEncoder as it comes (feed-forward 2048, dropout 0.1), pixels as they are.
    "blog": ViTConfig(num_heads=8, mlp_dim=2048, dropout=0.1, norm="post", act="relu", start="unit", mean=0.0, std=1.0),
    # Ours: the same grid and depth, a third of the weights.
    "4x4": ViTConfig(embed_dim=96, num_heads=6, mlp_dim=256),
    # What ships: a little wider, for the last tenths of a percent ...
    "digits-4x4": ViTConfig(embed_dim=96, num_heads=6, mlp_dim=208),
    # ... and with patches a third of the size, three times as many tokens and twice the depth, for the last hundredths.
    "digits-7x7": ViTConfig(patch_size=4, embed_dim=128, num_heads=4, mlp_dim=256, depth=6),
}


def preset(name: str) -> ViTConfig:
    """Return the preset called `name`.

    Raises:
        ValueError: there is no such preset; the message lists those there are.
    """
    check_choice("preset", name, tuple(PRESETS))
    return PRESETS[name]
