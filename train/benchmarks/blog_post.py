"""The blog post's training, with PyTorch's own parts as its author ran it: the baseline of the benchmark.

One PIL image at a time goes through `ToTensor` and a `DataLoader`; the model is `nn.TransformerEncoder` with its
defaults and `nn.Linear` on the cls token (https://comsci.blog/posts/vit). Our recipe `blog` has the same function,
optimizer and batch size. The post has a hundred classes by mistake; here there are ten.
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
    """Transformer of the post: patches of 7x7, cls token, learned positions, three layers of width 64 with 8 heads."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(49, 64)
        self.cls_token = nn.Parameter(torch.randn(1, 1, 64))
        self.positions = nn.Parameter(torch.rand(1, 17, 64))
        layer = nn.TransformerEncoderLayer(d_model=64, nhead=8, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=3)
        self.head = nn.Linear(64, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, 10) of images (B, 1, 28, 28)."""
        patches = F.unfold(images, 7, stride=7).transpose(1, 2)  # (B, 16, 49)
        cls_token = self.cls_token.expand(len(images), -1, -1)
        tokens = torch.cat([cls_token, self.embed(patches)], dim=1) + self.positions  # (B, 17, 64)
        return self.head(self.encoder(tokens)[:, 0])


def pictures(digits: Digits) -> Dataset[tuple[Tensor, int]]:
    """Make torchvision's MNIST dataset with these digits: each access makes a PIL image, and a tensor from it."""
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
        """Train on one batch; return its loss in nats and its number of right predictions, as the post does."""
        logits = self.model(images)
        loss = F.cross_entropy(logits, labels)
        right = (logits.argmax(dim=1) == labels).sum()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item(), int(right.item())

    @property
    def num_params(self) -> int:
        """Number of parameters."""
        return sum(weight.numel() for weight in self.model.parameters())

    def learn(self, steps: int | None = None) -> float:
        """Train for one epoch, or its first `steps` steps; return the seconds."""
        self.model.train()
        started = time.perf_counter()
        for images, labels in islice(self.loader, steps):
            self.step(images, labels)
        return time.perf_counter() - started

    def epochs(self, count: int, test_set: Digits) -> Iterator[tuple[float, float]]:
        """Train for `count` epochs; yield the training seconds so far and the test accuracy after each."""
        seconds = 0.0
        for _ in range(count):
            seconds += self.learn()
            yield seconds, self.accuracy(test_set)

    @torch.no_grad()
    def accuracy(self, digits: Digits) -> float:
        """Accuracy on digits, in [0, 1]."""
        self.model.eval()
        right = [(self.model(images).argmax(dim=-1) == labels).sum() for images, labels in batches(digits, 250)]
        return torch.stack(right).sum().item() / len(digits)
