"""Token map: a parametric t-SNE of cls tokens, with a thousand test digits as points.

`python -m train.evaluation.token_map --model NAME` fits the map, prints its quality, and with `--write` stores it in
the checkpoint, where the page finds it. The map is a small network (`train.evaluation.parametric_tsne`), so it can also
place a new token. It is fitted to the tokens of the last block without their labels. Tokens of earlier blocks lie in
the middle of the map and move apart from there.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from train.cli import carry_out, grid, new_parser
from train.data.dataset import Digits, load, tqdm_progress
from train.evaluation.parametric_tsne import fit_projection
from vit import VisionTransformer, ViTConfig, checkpoint
from vit.checkpoint import CheckpointError
from vit.files import check_destination
from vit.model import TOKENS_AT_ONCE

FIGURES, PREFIX = "atlas", "atlas."  # names in a checkpoint: figures in the header, tensors beside the model's
POINTS = 1000  # test digits on the map
FITTED = 6000  # training digits to which the map is fitted
NEIGHBOURS = 15  # of the classifier that measures the map


@dataclass(frozen=True, eq=False)
class TokenMap:
    """A map in the unit square.

    Attributes:
        net: normed cls tokens (..., D) -> (..., 2), in [0, 1] for the tokens to which it was fitted.
        points: (L + 1, S, 2) in [0, 1], places of the map's digits before the first block and after each block.
        labels: (S,) int64.
        indices: (S,) int64, positions in the test set.
        figures: `neighbour_accuracy` after each block on the map (`flat`) and among the tokens (`full`), with the
            numbers of `neighbours` and `images`.
    """

    net: nn.Module
    points: Tensor
    labels: Tensor
    indices: Tensor
    figures: dict[str, Any]

    @torch.inference_mode()
    def place(self, tokens: Tensor) -> Tensor:
        """Places (..., 2) in [0, 1] of normed cls tokens (..., D), clamped to the edge of the map."""
        return self.net(tokens).clamp(0, 1)


@torch.inference_mode()
def cls_tokens(model: VisionTransformer, images: Tensor) -> Tensor:
    """Normed cls tokens (L + 1, B, D) before the first block and after each block, as the head reads them.

    A model with mean pooling has the means of the patch tokens in their place.

    Args:
        images: (B, H, W) uint8.
    """
    tokens = []
    for part in images.split(max(1, TOKENS_AT_ONCE // model.config.num_tokens)):
        trace = model.trace(part[:, None] / 255)
        tokens.append(model.pooled(torch.cat([trace.embedded[None], trace.tokens])))  # (L + 1, b, D)
    return torch.cat(tokens, dim=1)


def neighbour_accuracy(
    reference: Tensor, labels: Tensor, queries: Tensor, answers: Tensor, itself: bool = False
) -> float:
    """Accuracy of a nearest-neighbour classifier with NEIGHBOURS neighbours, in [0, 1].

    Args:
        reference: (n, D).
        labels: (n,) int64, of the reference.
        queries: (m, D).
        answers: (m,) int64, labels of the queries.
        itself: the queries are the reference, and none is its own neighbour.
    """
    right = 0
    for part, part_answers in zip(queries.split(1000), answers.split(1000), strict=True):
        nearest = torch.cdist(part, reference).topk(NEIGHBOURS + itself, largest=False).indices[:, int(itself) :]
        right += int((labels[nearest].mode(dim=1).values == part_answers).sum())
    return right / len(queries)


def fit_token_map(model: VisionTransformer, reference: Digits, queries: Digits) -> TokenMap:
    """Fit a map to the reference digits, and place some of the query digits on it."""
    tokens, others = cls_tokens(model, reference.images), cls_tokens(model, queries.images)
    net = fit_projection(tokens[-1])
    pairs = list(zip(tokens[1:], others[1:], strict=True))
    full = [neighbour_accuracy(ours, reference.labels, theirs, queries.labels) for ours, theirs in pairs]
    flat = [neighbour_accuracy(net(ours), reference.labels, net(theirs), queries.labels) for ours, theirs in pairs]
    figures = {"neighbours": NEIGHBOURS, "images": len(queries), "full": full, "flat": flat}
    chosen = choose_digits(len(queries))
    return TokenMap(net, net(others[:, chosen]).clamp(0, 1), queries.labels[chosen], chosen, figures)


def choose_digits(count: int) -> Tensor:
    """Choose POINTS indices (S,) of the test set: those of the shipped digits, and random others."""
    with np.load(checkpoint.ASSETS / "samples.npz", allow_pickle=False) as file:
        shipped = torch.from_numpy(file["indices"].astype(np.int64))
    others = torch.randperm(count, generator=torch.Generator().manual_seed(0))
    others = others[~torch.isin(others, shipped)]
    return torch.cat([shipped[shipped < count], others])[:POINTS]


def to_tensors(token_map: TokenMap) -> dict[str, Tensor]:
    """Tensors of a map, as they are stored in a checkpoint."""
    places = {"points": token_map.points.half(), "labels": token_map.labels.byte(), "indices": token_map.indices.int()}
    return {PREFIX + name: tensor for name, tensor in (token_map.net.state_dict() | places).items()}


def load_token_map(name: str | Path) -> TokenMap | None:
    """Load the token map of a checkpoint; None if it has none.

    Raises:
        CheckpointError: the checkpoint cannot be used (see `vit.load`), or the map does not fit its model.
    """
    header = checkpoint.read_header(name)
    tensors = checkpoint.with_prefix(checkpoint.read_extra(name), PREFIX)
    if not tensors or FIGURES not in header.figures:
        return None
    try:
        return from_tensors(tensors, header.config, header.figures[FIGURES])
    except (KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"{name} does not fit its own config: token map: {error}") from None


def from_tensors(tensors: dict[str, Tensor], config: ViTConfig, figures: dict[str, Any]) -> TokenMap:
    """Map from the tensors of `to_tensors` without their prefix.

    Raises:
        KeyError, RuntimeError, ValueError: they do not fit the model.
    """
    points, labels, indices = (tensors.pop(name) for name in ("points", "labels", "indices"))
    if points.shape != (config.depth + 1, len(labels), 2) or indices.shape != labels.shape:
        raise ValueError(f"points must be {(config.depth + 1, len(labels), 2)}, got {tuple(points.shape)}")
    hidden = len(tensors["0.bias"])
    net = nn.Sequential(nn.Linear(config.embed_dim, hidden), nn.GELU(), nn.Linear(hidden, 2))
    net.load_state_dict(tensors)
    return TokenMap(net.requires_grad_(False), points.float(), labels.long(), indices.long(), figures)


def quality_table(figures: dict[str, Any]) -> str:
    """Table in Markdown of the neighbour accuracy after each block, on the map and in all dimensions."""
    rows = [
        [str(block), f"{100 * flat:.2f} %", f"{100 * full:.2f} %"]
        for block, (flat, full) in enumerate(zip(figures["flat"], figures["full"], strict=True), start=1)
    ]
    text = grid(["after layer", "on the map", "in all dimensions"], rows)
    return f"{text}\n\n{figures['images']} digits, each by its {figures['neighbours']} nearest neighbours."


def command_line() -> ArgumentParser:
    """Describe the command line."""
    prog, description = "python -m train.evaluation.token_map", "Fit a map of the test digits' tokens."
    return new_parser(prog, description, "model", "data", "write", "threads")


def run(args: Namespace) -> None:
    """Fit the map, print its quality, and store it if asked; other entries of the checkpoint stay."""
    path = checkpoint.locate(args.model)
    if args.write:
        check_destination("model", path)
    model = checkpoint.load(path)
    reference = load("train", args.data, tqdm_progress())
    reference = reference.subset(torch.randperm(len(reference), generator=torch.Generator().manual_seed(0))[:FITTED])
    token_map = fit_token_map(model, reference, load("test", args.data, tqdm_progress()))
    print(quality_table(token_map.figures))
    if args.write:
        checkpoint.add(path, {FIGURES: token_map.figures}, to_tensors(token_map))
        print(f"stored in {path}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
