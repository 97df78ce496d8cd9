"""A deep convolutional network: a teacher for distillation (`train.distillation`).

Three stages of convolutions as in VGG (Simonyan and Zisserman 2015), each convolution with batch normalisation (Ioffe
and Szegedy 2015), and the mean over all places instead of large linear layers (Lin et al. 2014). Networks with kernels
of other sizes make other mistakes, so that the mean of several can be better than each (An et al. 2020, arXiv
2008.10400).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from train.families.network import Network, NetworkConfig, checked_widths

CHANNELS = {3: (24, 48, 96), 5: (16, 32, 64), 7: (12, 24, 48)}  # for each kernel: about 200,000 weights


@dataclass(frozen=True)
class DeepCNNConfig(NetworkConfig):
    """Describe a deep CNN; the defaults make 162,562 parameters.

    Attributes:
        kernel: side of all convolutions, 3, 5 or 7 pixels.
        channels: feature maps of the stages; empty for those of `CHANNELS`.

    Raises:
        ValueError: as in `NetworkConfig`, or there is no such kernel.
    """

    kernel: int = 3
    channels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kernel not in CHANNELS:
            raise ValueError(f"kernel must be one of {', '.join(map(str, CHANNELS))}, got {self.kernel!r:.80}")
        channels = checked_widths("channels", self.channels or CHANNELS[self.kernel], 3)
        object.__setattr__(self, "channels", channels)


class DeepCNN(Network):
    """Classify images by three stages of two convolutions each, at 28x28, 14x14 and 7x7 places."""

    family, title = "deep_cnn", "Deep CNN"

    def __init__(self, config: DeepCNNConfig) -> None:
        super().__init__()
        self.config = config
        self.stages = nn.ModuleList(
            nn.Sequential(*convolution(before, after, config.kernel), *convolution(after, after, config.kernel))
            for before, after in pairwise((config.in_chans, *config.channels))
        )
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(config.channels[-1], config.num_classes)
        # Faster on CPUs, with the same values. PyTorch's types lack this argument.
        self.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def features(self, images: Tensor) -> Tensor:
        first, second, third = self.stages
        maps = third(self.pool(second(self.pool(first(images)))))  # (B, channels, 7, 7)
        return maps.mean(dim=(2, 3))


def convolution(before: int, after: int, kernel: int) -> tuple[nn.Module, ...]:
    """Return a convolution without bias, which the normalisation after it would take away, and its activation."""
    return (
        nn.Conv2d(before, after, kernel, padding="same", bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )
