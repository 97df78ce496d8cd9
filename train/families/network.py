"""What the networks of comparison share: their configuration, and how they take images."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from vit.config import MOST_SIZE, check_whole, checked_names
from vit.model import VisionTransformer
from vit.validation import check_images, check_range

MOST_WIDTHS = 100


@dataclass(frozen=True)
class NetworkConfig:
    """Describe a network of comparison. It takes the images that the vision transformer takes.

    Attributes:
        num_classes, mean, std, names: as in `ViTConfig`.

    Raises:
        ValueError: a number is outside its range, or there is not one name for each class.
    """

    image_size: ClassVar[int] = 28
    in_chans: ClassVar[int] = 1
    dropout: ClassVar[float] = 0.0

    num_classes: int = 10
    mean: float = 0.1307
    std: float = 0.3081
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_whole("num_classes", self.num_classes, 1, MOST_SIZE)
        check_range("mean", self.mean)
        check_range("std", self.std, 0, low_open=True)
        object.__setattr__(self, "names", checked_names(self.names, self.num_classes))


class Network(nn.Module):
    """A network of comparison: images (B, 1, 28, 28) in [0, 1] -> logits (B, K).

    The normalisation of the pixels is part of the network, as in `VisionTransformer`.
    """

    family: ClassVar[str]
    title: ClassVar[str]
    config: NetworkConfig
    head: nn.Linear

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """Return the input of the head (B, D) for normalised images (B, 1, 28, 28)."""

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (B, K) of images (B, 1, 28, 28) in [0, 1]; errors as in `VisionTransformer.embed`."""
        check_images(images, self.config.in_chans, self.config.image_size, look=not self.training)
        return self.head(self.features((images - self.config.mean) / self.config.std))

    @property
    def num_params(self) -> int:
        """Number of trainable parameters."""
        return sum(weight.numel() for weight in self.parameters())


Classifier = VisionTransformer | Network


def checked_widths(name: str, widths: object, count: int | None = None) -> tuple[int, ...]:
    """Return widths as a tuple, also where they came as JSON's list.

    Raises:
        ValueError: they are not `count` whole numbers above zero (any number of them for None).
    """
    given = tuple(widths) if isinstance(widths, tuple | list) else ()
    if not 1 <= len(given) <= MOST_WIDTHS or count not in (None, len(given)):
        raise ValueError(f"{name} must be {count or f'1 to {MOST_WIDTHS}'} whole numbers, got {widths!r:.80}")
    for width in given:
        check_whole(name, width, 1, MOST_SIZE)
    return given
