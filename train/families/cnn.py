"""A convolutional network in the shape of LeNet-5 (LeCun et al. 1998, section II.B), as large as the default ViT.

Two convolutions with pooling, then two linear layers. Convolutions share their weights over all places, so the feature
maps move with the digit; the linear layers after them do not.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from train.families.network import Network, NetworkConfig, checked_widths
from vit.config import MOST_SIZE, check_whole

KERNEL = 5  # pixels
CELL = 4  # pixels from one cell of the last feature maps to the next: each of the two poolings halves the maps


@dataclass(frozen=True)
class CNNConfig(NetworkConfig):
    """Describe a CNN; the defaults make 269,056 parameters, as many as the ViT of recipe `fast` (269,098).

    Attributes:
        channels: feature maps of the two convolutions.
        hidden: width of the linear layer before the head.
    """

    channels: tuple[int, ...] = (16, 32)
    hidden: int = 162

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "channels", checked_widths("channels", self.channels, 2))
        check_whole("hidden", self.hidden, 1, MOST_SIZE)


class CNN(Network):
    """Classify images by convolutions."""

    family, title = "cnn", "CNN"

    def __init__(self, config: CNNConfig) -> None:
        super().__init__()
        self.config = config
        first, second = config.channels
        self.conv1 = nn.Conv2d(config.in_chans, first, KERNEL, padding="same")
        self.conv2 = nn.Conv2d(first, second, KERNEL, padding="same")
        self.pool = nn.MaxPool2d(2)
        self.act = nn.ReLU()
        self.fc = nn.Linear(second * (config.image_size // CELL) ** 2, config.hidden)
        self.head = nn.Linear(config.hidden, config.num_classes)

    def maps(self, images: Tensor) -> Tensor:
        """Return the last feature maps (B, channels, 7, 7); a cell reads 16x16 pixels."""
        maps = self.pool(self.act(self.conv1(images)))  # (B, 16, 14, 14)
        return self.pool(self.act(self.conv2(maps)))

    def features(self, images: Tensor) -> Tensor:
        return self.act(self.fc(self.maps(images).flatten(1)))  # (B, hidden)
