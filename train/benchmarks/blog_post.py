"""The blog post's training, of PyTorch's own parts, as its author ran it: what the benchmark measures ours against.

One PIL picture at a time through `ToTensor` and a `DataLoader`, `nn.TransformerEncoder` as it comes, `nn.Linear` on
the cls token (https://comsci.blog/posts/vit). Our recipe `blog` is the same function, optimiser and batch. The post has
a hundred classes, a slip; here there are the ten that there are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from train.data.dataset import Digits, batches
from train.data.torchvision_import import torchvision

BATCH_SIZE = 128
LR = 3e-4
WEIGHT_DECAY = 1e-4


class Post(nn.Module):
    """Patches of 7x7, a cls token, learned positions, three layers of width 64 with 8 heads, ten logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(49, 64)
        self.cls_token = nn.Parameter(torch.randn(1, 1, 64))
        self.positions = nn.Parameter(torch.rand(1, 17, 64))
        layer = nn.TransformerEncoderLayer(d_model=64, nhead=8, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=3)
        self.head = nn.Linear(64, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (B, 10) of images (B, 1, 28, 28)."""
        patches = F.unfold(images, 7, stride=7).transpose(1, 2)  # (B, 16, 49)
        cls_token = self.cls_token.expand(len(images), -1, -1)
        tokens = torch.cat([cls_token, self.embed(patches)], dim=1) + self.positions  # (B, 17, 64)
        return self.head(self.encoder(tokens)[:, 0])


def pictures(digits: Digits) -> Dataset[tuple[Tensor, int]]:
    """Return torchvision's MNIST of these digits: each look-up makes a PIL picture, and a tensor of that."""
    vision = torchvision()

    class Pictures(vision.datasets.MNIST):
        def __init__(self) -> None:
            self.data, self.targets = digits.images, digits.labels
            self.transform, self.target_transform = vision.transforms.ToTensor(), None

    return Pictures()


class Training:
    """One run of the post's training; the seed decides weights, order and dropout."""

    def __init__(self, digits: Digits, seed: int) -> None:
        torch.manual_seed(seed)
        self.model = Post()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LR, weight_decay=WEIGHT_DECAY)
        self.loader = DataLoader(pictures(digits), batch_size=BATCH_SIZE, shuffle=True)

    def step(self, images: Tensor, labels: Tensor) -> tuple[float, int]:
        """Learn one batch; return its loss in nats and how many of it were read right, as the post keeps count."""
        logits = self.model(images)
        loss = F.cross_entropy(logits, labels)
        right = (logits.argmax(dim=1) == labels).sum()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item(), int(right.item())

    @property
    def num_params(self) -> int:
        """Trainable numbers in the model."""
        return sum(weight.numel() for weight in self.model.parameters())

    def learn(self, steps: int | None = None) -> float:
        """Learn for one epoch, or its first `steps` steps; return the seconds that took."""
        self.model.train()
        started = time.perf_counter()
        for images, labels in islice(self.loader, steps):
            self.step(images, labels)
        return time.perf_counter() - started

    def epochs(self, count: int, test_set: Digits) -> Iterator[tuple[float, float]]:
        """Learn for `count` epochs; after each, yield the seconds spent learning so far and the test accuracy."""
        seconds = 0.0
        for _ in range(count):
            seconds += self.learn()
            yield seconds, self.accuracy(test_set)

    @torch.no_grad()
    def accuracy(self, digits: Digits) -> float:
        """Return the share of `digits` read right, in [0, 1]."""
        self.model.eval()
        right = [(self.model(images).argmax(dim=-1) == labels).sum() for images, labels in batches(digits, 250)]
        return torch.stack(right).sum().item() / len(digits)
