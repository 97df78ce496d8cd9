"""One gradient step under the microscope: what it makes of an image, and which part of the model brought how much.

The weights are copied; the model itself is only read. All is done in double precision, so that what a small step
brings can be told from rounding, and for many learning rates at once, since they share the gradient.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from vit.analysis.ablation import number
from vit.model import VisionTransformer
from vit.validation import check_choice, check_range

Optimizer = Literal["sgd", "adam"]
ADAM_EPS = 1e-8  # of torch.optim.Adam
WHOLE = slice(None)
Weights = dict[str, Tensor]
Entries = tuple[tuple[str, slice], ...]  # names of parameters, each with some of its rows


@dataclass(frozen=True)
class Part:
    """A part of the model that can step alone.

    Attributes:
        name: as it is shown; `block` for all of one.
        block: which it lies in, from 0; None outside of them.
        weights: names of parameters, each with the rows that belong to the part.
    """

    name: str
    block: int | None
    weights: Entries


@dataclass(frozen=True, eq=False)
class Share:
    """What one part does in a step, for R learning rates.

    Attributes:
        length: of the part's weights before the step.
        gradient: length of the part's gradient.
        moved: (R,), length of the part's change.
        alone: (R,), by how much the loss falls if this part alone steps, nats; exact, below 0 where it rises.
        predicted: (R,), by how much it would fall if the slope stayed what it is, nats.
    """

    part: Part
    length: float
    gradient: float
    moved: Tensor
    alone: Tensor
    predicted: Tensor


@dataclass(frozen=True, eq=False)
class Look:
    """What a step of each of R learning rates brings; losses are cross-entropies with the label, nats.

    Attributes:
        lrs: (R,).
        before, loss_before: logits (K,) and loss without a step.
        after, loss_after: logits (R, K) and losses (R,) after the step.
        shares: of each part, in the order of `parts_of`.
    """

    lrs: Tensor
    before: Tensor
    loss_before: float
    after: Tensor
    loss_after: Tensor
    shares: tuple[Share, ...]


def parts_of(model: VisionTransformer) -> list[Part]:
    """Return the parts of a model, from the image to the answer; each block as a whole, then what it is made of.

    The blocks and the parts outside of them have every weight once between them, and so have a block's parts its own.
    """
    names, depth = [name for name, _ in model.named_parameters()], model.config.depth

    def under(*prefixes: str) -> Entries:
        return tuple((name, WHOLE) for name in names if name.startswith(prefixes))

    parts = [
        Part("patch embedding", None, under("patch_embed.")),
        Part("positions and cls", None, under("pos_embed", "cls_token")),
        *(part for block in range(depth) for part in parts_of_block(under, block, model.config.embed_dim)),
        Part("last norm", None, under("norm.")),
        Part("head", None, under("head.")),
    ]
    return [part for part in parts if part.weights]  # with the norms behind there is no last one


def parts_of_block(under: Callable[..., Entries], block: int, width: int) -> list[Part]:
    """Return a block as a whole and its parts; queries, keys and values are rows of one matrix of D = `width` each."""
    start = f"blocks.{block}."
    stacked = [name for name, _ in under(f"{start}attn.qkv.")]
    rows = {name: slice(at * width, (at + 1) * width) for at, name in enumerate(("queries", "keys", "values"))}
    return [
        Part("block", block, under(start)),
        *(Part(name, block, tuple((key, part) for key in stacked)) for name, part in rows.items()),
        Part("projection", block, under(f"{start}attn.proj.")),
        Part("MLP", block, under(f"{start}mlp.")),
        Part("norms", block, under(f"{start}norm")),
    ]


class Slope:
    """Where a model stands with an image (C, H, W) in [0, 1] and its label, and which way it would step.

    `sgd` goes against the gradient, the further the longer it is. `adam` takes the first step of a new Adam, by which
    all weights move equally far (Kingma & Ba 2015, algorithm 1 with t = 1). Neither decays weights.

    Raises:
        ValueError: there is no such label or optimiser, or the image does not fit the model.
    """

    def __init__(self, model: VisionTransformer, image: Tensor, label: int, optimizer: Optimizer = "sgd") -> None:
        self.label = number("label", label, model.config.num_classes)
        check_choice("optimizer", optimizer, get_args(Optimizer))
        self.model = copy.deepcopy(model).double().eval().requires_grad_(False)
        self.images = image[None].double()  # (1, C, H, W)
        self.weights: Weights = dict(self.model.named_parameters())
        self.gradient, self.logits, self.loss = self.descend()
        self.direction = {name: direction(gradient, optimizer) for name, gradient in self.gradient.items()}

    def descend(self) -> tuple[Weights, Tensor, float]:
        """Return the gradient of the loss, the logits (K,) and the loss, where the model stands."""
        leaves = {name: weight.clone().requires_grad_() for name, weight in self.weights.items()}
        with torch.enable_grad():
            logits = functional_call(self.model, leaves, (self.images,))  # (1, K)
            loss = self.losses(logits)[0]
            gradients = torch.autograd.grad(loss, list(leaves.values()))
        return dict(zip(leaves, gradients, strict=True)), logits[0].detach(), loss.item()

    def losses(self, logits: Tensor) -> Tensor:
        """Return the losses (R,) of logits (R, K)."""
        return F.cross_entropy(logits, torch.full((len(logits),), self.label), reduction="none")

    def look(self, lrs: Sequence[float]) -> Look:
        """Return what a step of each of these learning rates brings.

        Raises:
            ValueError: a rate is not a finite number above 0.
        """
        for lr in lrs:
            check_range("lr", lr, 0, low_open=True)
        rates = torch.tensor([float(lr) for lr in lrs], dtype=torch.float64)
        parts = parts_of(self.model)
        outermost = [part for part in parts if part.block is None or part.name == "block"]
        after = self.read(rates, outermost)
        shares = tuple(self.share(part, rates) for part in parts)
        return Look(rates, self.logits, self.loss, after, self.losses(after), shares)

    @torch.no_grad()
    def read(self, lrs: Tensor, parts: Iterable[Part]) -> Tensor:
        """Return the logits (R, K) after steps of rates (R,) in which only `parts` take part."""
        changed: Weights = {}
        for name, rows in (entry for part in parts for entry in part.weights):
            weight = self.weights[name]
            changed.setdefault(name, weight.expand(len(lrs), *weight.shape).clone())
            changed[name][:, rows] += lrs.reshape(-1, *[1] * weight.ndim) * self.direction[name][rows]

        def read_with(weights: Weights) -> Tensor:
            return functional_call(self.model, self.weights | weights, (self.images,))[0]

        return torch.vmap(read_with)(changed)  # (R, K)

    def share(self, part: Part, lrs: Tensor) -> Share:
        """Return what one part does in steps of rates (R,)."""
        sources = (self.weights, self.gradient, self.direction)
        weights, gradient, step = (flat(part, source) for source in sources)
        alone = self.loss - self.losses(self.read(lrs, [part]))
        length, slope = weights.norm().item(), gradient.norm().item()
        return Share(part, length, slope, lrs * step.norm(), alone, -lrs * (gradient @ step))


def stepped(
    model: VisionTransformer, image: Tensor, label: int, lr: float, optimizer: Optimizer = "sgd"
) -> VisionTransformer:
    """Return a copy of `model`, in its own precision, that has taken one step of rate `lr`; errors as of `Slope`."""
    check_range("lr", lr, 0, low_open=True)
    slope = Slope(model, image, label, optimizer)
    moved = {name: weight + float(lr) * slope.direction[name] for name, weight in slope.weights.items()}
    taken = copy.deepcopy(model)
    taken.load_state_dict(moved, strict=False)
    return taken


def direction(gradient: Tensor, optimizer: Optimizer) -> Tensor:
    """Return by how much a weight changes at rate 1."""
    return -gradient if optimizer == "sgd" else -gradient / (gradient.abs() + ADAM_EPS)


def flat(part: Part, source: Weights) -> Tensor:
    """Return the part's numbers as one vector."""
    return torch.cat([source[name][rows].flatten() for name, rows in part.weights])
