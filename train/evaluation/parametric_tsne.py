"""Parametric t-SNE: a small network that maps tokens to the unit square and puts similar tokens next to each other.

Van der Maaten, "Learning a Parametric Embedding by Preserving Local Structure", 2009.
"""

from __future__ import annotations

from math import log

import torch
from torch import Tensor, nn

HIDDEN, STEPS, LR = 128, 800, 1e-2  # width of the network, optimizer steps, peak learning rate
BATCH, BATCHES = 500, 12  # tokens in a batch, and batches at most
PERPLEXITY = 30  # neighbours of a token in a batch, about
EARLY_EXAGGERATION = 0.2  # share of the steps with affinities times four (van der Maaten and Hinton 2008, section 3.4)
MARGIN = 0.04  # of the map's side, around the tokens to which it was fitted


def affinities(tokens: Tensor, perplexity: float = PERPLEXITY) -> Tensor:
    """t-SNE affinities (n, n) of tokens (n, D): symmetric, sum 1, zero diagonal.

    Each row is a Gaussian whose width gives the perplexity (van der Maaten and Hinton 2008, section 2); bisection finds
    the width.
    """
    apart = torch.cdist(tokens, tokens).square().fill_diagonal_(torch.inf)
    apart = apart / apart.topk(2, largest=False).values[:, 1:].clamp_min(1e-12)  # in units of the nearest neighbour's
    low, high = torch.full((len(tokens), 1), -12.0), torch.full((len(tokens), 1), 12.0)
    rows = torch.empty(0)
    for _ in range(30):
        middle = (low + high) / 2
        rows = (-apart * middle.exp()).softmax(dim=1)
        wide = torch.special.entr(rows).sum(dim=1, keepdim=True) > log(perplexity)
        low, high = torch.where(wide, middle, low), torch.where(wide, high, middle)
    return (rows + rows.T) / (2 * len(tokens))


def tsne_loss(wanted: Tensor, places: Tensor) -> Tensor:
    """Cross-entropy in nats of the affinities `wanted` (n, n) and those of places (n, 2) on the map.

    The map's affinities are a Student t with one degree of freedom (van der Maaten and Hinton 2008, section 3.3).
    """
    squares = places.square().sum(dim=1)
    apart = (squares[:, None] + squares - 2 * places @ places.T).clamp_min(0)
    near = (1 / (1 + apart)) * (1 - torch.eye(len(places)))
    return wanted.sum() * near.sum().log() - (wanted * (near + 1e-9).log()).sum()


def fit_projection(tokens: Tensor, seed: int = 0) -> nn.Sequential:
    """Fit a network D -> HIDDEN -> 2 that maps tokens (n, D) to the unit square and keeps neighbours together.

    Raises:
        ValueError: there are fewer tokens than one batch.
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
        loss = tsne_loss(wanted[at] * (4 if step < EARLY_EXAGGERATION * STEPS else 1), net(parts[at]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return fill_unit_square(net.requires_grad_(False), tokens)


def fill_unit_square(net: nn.Sequential, tokens: Tensor) -> nn.Sequential:
    """Scale the last linear layer so that the places of tokens (n, D) fill the unit square within its margin."""
    places, (weight, bias) = net(tokens), net[-1].parameters()
    low, high = places.amin(dim=0), places.amax(dim=0)
    scale = (1 - 2 * MARGIN) / (high - low).max().clamp_min(1e-12)  # one for both axes: the map keeps its shape
    weight.mul_(scale)
    bias.sub_((low + high) / 2).mul_(scale).add_(0.5)
    return net
