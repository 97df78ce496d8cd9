"""A map of the test digits: where a cls token lies in 2-D, after any block, among those of a thousand test digits.

`python -m train.evaluation.token_map --model NAME` fits the map, prints how far it can be trusted, and with `--write`
stores it in the checkpoint, where the page finds it. A parametric t-SNE (van der Maaten, "Learning a Parametric
Embedding by Preserving Local Structure", 2009): a small network learns to keep neighbours together, so that any new
token can be sent through it. It learns from the last block's tokens alone; those of earlier blocks then come to lie in
the middle, from where they part, instead of on islands of their own. The labels have no say in it.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from train.cli import carry_out, grid, new_parser
from train.data.dataset import Digits, load, tqdm_progress
from vit import VisionTransformer, ViTConfig, checkpoint
from vit.checkpoint import CheckpointError
from vit.files import check_destination
from vit.model import TOKENS_AT_ONCE

PREFIX = "atlas."  # of the map's tensors beside a model
POINTS = 1000  # test digits on the map
FITTED = 6000  # training digits that the map is fitted to, and among which neighbours are looked for
HIDDEN, STEPS, LR = 128, 800, 1e-2
BATCH, BATCHES, PERPLEXITY = 500, 12, 30  # about so many neighbours has a token among the BATCH that are compared
HURRY = 0.2  # share of the steps in which what belongs together is pulled four times as hard, so that islands form
NEIGHBOURS = 15
MARGIN = 0.04  # of the map's side, around what it was fitted to


@dataclass(frozen=True, eq=False)
class Atlas:
    """A map in the unit square.

    Attributes:
        net: cls tokens (..., D), normed as the head sees them -> (..., 2), in [0, 1] for tokens as it was fitted to.
        points: (L + 1, S, 2) in [0, 1]: where the map's digits lie before the first block and after each.
        labels: (S,) int64, which digits they are.
        indices: (S,) int64, their places in the test set.
        figures: the share of digits whose `neighbours` nearest are mostly of their kind, after each block, on the map
            (`flat`) and among the tokens themselves (`full`), of so many `images`.
    """

    net: nn.Module
    points: Tensor
    labels: Tensor
    indices: Tensor
    figures: dict[str, Any]

    @torch.inference_mode()
    def place(self, tokens: Tensor) -> Tensor:
        """Return where cls tokens (..., D), normed, lie: (..., 2) in [0, 1]; what is off the map lies on its edge."""
        return self.net(tokens).clamp(0, 1)


@torch.inference_mode()
def cls_tokens(model: VisionTransformer, images: Tensor) -> Tensor:
    """Return the cls tokens (L + 1, B, D), before the first block and after each, normed as the head sees them.

    Of a model that answers from the mean of its patches, these are the means.

    Args:
        images: (B, H, W) uint8.
    """
    found = []
    for part in images.split(max(1, TOKENS_AT_ONCE // model.config.num_tokens)):
        trace = model.trace(part[:, None] / 255)
        found.append(model.pooled(torch.cat([trace.embedded[None], trace.tokens])))  # (L + 1, b, D)
    return torch.cat(found, dim=1)


def affinities(tokens: Tensor, perplexity: float = PERPLEXITY) -> Tensor:
    """Return how much each two of tokens (n, D) are neighbours: (n, n), symmetric, sum 1, nothing on the diagonal.

    Each token's own row is a Gaussian just wide enough to hold `perplexity` neighbours (van der Maaten and Hinton
    2008, equations 1 and 4, and section 2), found by halving an interval.
    """
    apart = torch.cdist(tokens, tokens).square().fill_diagonal_(torch.inf)
    apart = apart / apart.topk(2, largest=False).values[:, 1:].clamp_min(1e-12)  # in units of what is near
    low, high = torch.full((len(tokens), 1), -12.0), torch.full((len(tokens), 1), 12.0)
    rows = torch.empty(0)
    for _ in range(30):
        middle = (low + high) / 2
        rows = (-apart * middle.exp()).softmax(dim=1)
        wide = torch.special.entr(rows).sum(dim=1, keepdim=True) > log(perplexity)
        low, high = torch.where(wide, middle, low), torch.where(wide, high, middle)
    return (rows + rows.T) / (2 * len(tokens))


def divergence(wanted: Tensor, places: Tensor) -> Tensor:
    """Return how badly places (n, 2) keep the neighbours `wanted` (n, n), a cross-entropy in nats: a scalar.

    Nearness on the map falls as a Student t with one degree of freedom (van der Maaten and Hinton 2008, section 3.3).
    """
    squares = places.square().sum(dim=1)
    apart = (squares[:, None] + squares - 2 * places @ places.T).clamp_min(0)
    near = (1 / (1 + apart)) * (1 - torch.eye(len(places)))
    return wanted.sum() * near.sum().log() - (wanted * (near + 1e-9).log()).sum()


def fit(tokens: Tensor, seed: int = 0) -> nn.Sequential:
    """Fit a network D -> HIDDEN -> 2 that sends tokens (n, D) to the unit square and keeps neighbours together.

    Raises:
        ValueError: there are too few tokens for one batch.
    """
    if len(tokens) < BATCH:
        raise ValueError(f"a map needs at least {BATCH} digits to be fitted to, got {len(tokens)}")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(tokens.shape[1], HIDDEN), nn.GELU(), nn.Linear(HIDDEN, 2))
        parts = [tokens[part] for part in torch.randperm(len(tokens)).split(BATCH) if len(part) == BATCH][:BATCHES]
    wanted = [affinities(part) for part in parts]
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=STEPS)
    for step in range(STEPS):
        at = step % len(parts)
        loss = divergence(wanted[at] * (4 if step < HURRY * STEPS else 1), net(parts[at]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return framed(net.requires_grad_(False), tokens)


def framed(net: nn.Sequential, tokens: Tensor) -> nn.Sequential:
    """Change the last, linear layer so that the places of tokens (n, D) fill the unit square, but for a margin."""
    places, (weight, bias) = net(tokens), net[-1].parameters()
    low, high = places.amin(dim=0), places.amax(dim=0)
    scale = (1 - 2 * MARGIN) / (high - low).max().clamp_min(1e-12)  # one for both axes: the map keeps its shape
    weight.mul_(scale)
    bias.sub_((low + high) / 2).mul_(scale).add_(0.5)
    return net


def among_its_kind(known: Tensor, labels: Tensor, asked: Tensor, answers: Tensor, itself: bool = False) -> float:
    """Return the share of `asked` (m, D) that most of their NEIGHBOURS among `known` (n, D) are of the right kind of.

    Args:
        labels: (n,) int64, of the known.
        answers: (m,) int64, of the asked.
        itself: the asked are the known, and none is its own neighbour.
    """
    right = 0
    for part, kinds in zip(asked.split(1000), answers.split(1000), strict=True):
        nearest = torch.cdist(part, known).topk(NEIGHBOURS + itself, largest=False).indices[:, int(itself) :]
        right += int((labels[nearest].mode(dim=1).values == kinds).sum())
    return right / len(asked)


def fitted(model: VisionTransformer, known: Digits, asked: Digits) -> Atlas:
    """Fit a map to the digits `known`, and put some of the digits `asked`, which it has not seen, on it."""
    tokens, others = cls_tokens(model, known.images), cls_tokens(model, asked.images)
    net = fit(tokens[-1])
    pairs = list(zip(tokens[1:], others[1:], strict=True))
    full = [among_its_kind(ours, known.labels, theirs, asked.labels) for ours, theirs in pairs]
    flat = [among_its_kind(net(ours), known.labels, net(theirs), asked.labels) for ours, theirs in pairs]
    figures = {"neighbours": NEIGHBOURS, "images": len(asked), "full": full, "flat": flat}
    chosen = thinned(len(asked))
    return Atlas(net, net(others[:, chosen]).clamp(0, 1), asked.labels[chosen], chosen, figures)


def thinned(count: int) -> Tensor:
    """Choose POINTS of the test set's places (S,): those of the digits that ship, and others at random."""
    with np.load(checkpoint.ASSETS / "samples.npz", allow_pickle=False) as file:
        shipped = torch.from_numpy(file["indices"].astype(np.int64))
    others = torch.randperm(count, generator=torch.Generator().manual_seed(0))
    others = others[~torch.isin(others, shipped)]
    return torch.cat([shipped[shipped < count], others])[:POINTS]


def packed(atlas: Atlas) -> dict[str, Tensor]:
    """Return the map's tensors as they lie beside a model."""
    places = {"points": atlas.points.half(), "labels": atlas.labels.byte(), "indices": atlas.indices.int()}
    return {PREFIX + name: tensor for name, tensor in (atlas.net.state_dict() | places).items()}


def read(name: str | Path) -> Atlas | None:
    """Return the map that is stored in a checkpoint, None where there is none.

    Raises:
        CheckpointError: the checkpoint cannot be used (see `vit.load`), or the map does not fit its model.
    """
    header = checkpoint.read_header(name)
    found = checkpoint.beside(checkpoint.read_extra(name), PREFIX)
    if not found or "atlas" not in header.figures:
        return None
    try:
        return unpacked(found, header.config, header.figures["atlas"])
    except (KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"{name} does not fit its own config: atlas: {error}") from None


def unpacked(found: dict[str, Tensor], config: ViTConfig, figures: dict[str, Any]) -> Atlas:
    """Return the map of these tensors; what does not fit raises one of the errors that `read` expects."""
    points, labels, indices = (found.pop(name) for name in ("points", "labels", "indices"))
    if points.shape != (config.depth + 1, len(labels), 2) or indices.shape != labels.shape:
        raise ValueError(f"points must be {(config.depth + 1, len(labels), 2)}, got {tuple(points.shape)}")
    hidden = len(found["0.bias"])
    net = nn.Sequential(nn.Linear(config.embed_dim, hidden), nn.GELU(), nn.Linear(hidden, 2))
    net.load_state_dict(found)
    return Atlas(net.requires_grad_(False), points.float(), labels.long(), indices.long(), figures)


def table(figures: dict[str, Any]) -> str:
    """Return in Markdown how many digits lie among their kind after each block, on the map and in all dimensions."""
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
    """Fit, print, and store where asked; what else is stored stays."""
    path = checkpoint.locate(args.model)
    if args.write:
        check_destination("model", path)
    model = checkpoint.load(path)
    known = load("train", args.data, tqdm_progress())
    known = known.subset(torch.randperm(len(known), generator=torch.Generator().manual_seed(0))[:FITTED])
    atlas = fitted(model, known, load("test", args.data, tqdm_progress()))
    print(table(atlas.figures))
    if args.write:
        checkpoint.add(path, {"atlas": atlas.figures}, packed(atlas))
        print(f"stored in {path}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
