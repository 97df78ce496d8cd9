"""A multilayer perceptron, as large as the default ViT: each of its first features reads all pixels of the image.

It knows nothing of neighbours: trained on images whose pixels all have new places, it learns the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from train.families.network import Network, NetworkConfig, checked_widths


@dataclass(frozen=True)
class MLPConfig(NetworkConfig):
    """Describe an MLP; the defaults make 269,322 parameters, as many as the ViT of recipe `fast` (269,098).

    Attributes:
        widths: of the hidden layers.
    """

    widths: tuple[int, ...] = (256, 256)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "widths", checked_widths("widths", self.widths))


class MLP(Network):
    """Classify images by linear layers alone."""

    family, title = "mlp", "MLP"

    def __init__(self, config: MLPConfig) -> None:
        super().__init__()
        self.config = config
        sizes = (config.in_chans * config.image_size**2, *config.widths)
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.act = nn.ReLU()
        self.head = nn.Linear(sizes[-1], config.num_classes)

    def features(self, images: Tensor) -> Tensor:
        features = images.flatten(1)  # (B, 784)
        for layer in self.layers:
            features = self.act(layer(features))
        return features  # (B, widths[-1])
