"""Analyse one gradient step on an image: the new prediction, and the contribution of each part of the model.

The step is computed on a copy, in double precision, so that the effect of a small step stands out from rounding. One
gradient serves many learning rates at once.
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
ALL_ROWS = slice(None)
Weights = dict[str, Tensor]
Rows = tuple[tuple[str, slice], ...]  # names of parameters, each with some of its rows


@dataclass(frozen=True)
class ModelPart:
    """A part of the model that can take a step alone.

    Attributes:
        name: for display; `block` for a whole block.
        block: number of its block, from 0; None outside the blocks.
        weights: names of parameters, each with the rows that belong to the part.
    """

    name: str
    block: int | None
    weights: Rows


@dataclass(frozen=True, eq=False)
class PartStep:
    """The step of one part, for R learning rates.

    Attributes:
        length: norm of the part's weights before the step.
        gradient: norm of the part's gradient.
        moved: (R,) norm of the part's change.
        alone: (R,) decrease of the loss if this part alone steps, in nats; negative where the loss rises.
        predicted: (R,) decrease of the loss to first order, in nats.
    """

    part: ModelPart
    length: float
    gradient: float
    moved: Tensor
    alone: Tensor
    predicted: Tensor


@dataclass(frozen=True, eq=False)
class StepResult:
    """A step at each of R learning rates; losses are cross-entropies with the label, in nats.

    Attributes:
        lrs: (R,) learning rates.
        before, loss_before: logits (K,) and loss before the step.
        after, loss_after: logits (R, K) and losses (R,) after the step.
        parts: the step of each part, in the order of `model_parts`.
    """

    lrs: Tensor
    before: Tensor
    loss_before: float
    after: Tensor
    loss_after: Tensor
    parts: tuple[PartStep, ...]


def model_parts(model: VisionTransformer) -> list[ModelPart]:
    """Split a model into parts, from the image to the prediction: each block as a whole, then its own parts.

    The whole blocks and the parts outside them cover every weight once; so do a block's parts within the block.
    """
    names, depth = [name for name, _ in model.named_parameters()], model.config.depth

    def under(*prefixes: str) -> Rows:
        return tuple((name, ALL_ROWS) for name in names if name.startswith(prefixes))

    parts = [
        ModelPart("patch embedding", None, under("patch_embed.")),
        ModelPart("positions and cls", None, under("pos_embed", "cls_token")),
        *(part for block in range(depth) for part in block_parts(under, block, model.config.embed_dim)),
        ModelPart("last norm", None, under("norm.")),
        ModelPart("head", None, under("head.")),
    ]
    return [part for part in parts if part.weights]  # a post-norm model has no last norm


def block_parts(under: Callable[..., Rows], block: int, width: int) -> list[ModelPart]:
    """Split a block; queries, keys and values are D = `width` rows each of one matrix."""
    prefix = f"blocks.{block}."
    stacked = [name for name, _ in under(f"{prefix}attn.qkv.")]
    rows = {name: slice(at * width, (at + 1) * width) for at, name in enumerate(("queries", "keys", "values"))}
    return [
        ModelPart("block", block, under(prefix)),
        *(ModelPart(name, block, tuple((key, part) for key in stacked)) for name, part in rows.items()),
        ModelPart("projection", block, under(f"{prefix}attn.proj.")),
        ModelPart("MLP", block, under(f"{prefix}mlp.")),
        ModelPart("norms", block, under(f"{prefix}norm")),
    ]


class LossGradient:
    """The gradient of a model's loss on one image (C, H, W) in [0, 1], and the steps that follow from it.

    `sgd` steps against the gradient. `adam` takes the first step of a new Adam, in which all weights move equally far
    (Kingma & Ba 2015, algorithm 1 with t = 1). There is no weight decay.

    Raises:
        ValueError: there is no such label or optimizer, or the image does not fit the model.
    """

    def __init__(self, model: VisionTransformer, image: Tensor, label: int, optimizer: Optimizer = "sgd") -> None:
        self.label = number("label", label, model.config.num_classes)
        check_choice("optimizer", optimizer, get_args(Optimizer))
        self.model = copy.deepcopy(model).double().eval().requires_grad_(False)
        self.images = image[None].double()  # (1, C, H, W)
        self.weights: Weights = dict(self.model.named_parameters())
        self.gradient, self.logits, self.loss = self.backward()
        self.direction = {name: step_direction(gradient, optimizer) for name, gradient in self.gradient.items()}

    def backward(self) -> tuple[Weights, Tensor, float]:
        """Return the gradient of the loss, the logits (K,) and the loss before the step."""
        leaves = {name: weight.clone().requires_grad_() for name, weight in self.weights.items()}
        with torch.enable_grad():
            logits = functional_call(self.model, leaves, (self.images,))  # (1, K)
            loss = self.losses(logits)[0]
            gradients = torch.autograd.grad(loss, list(leaves.values()))
        return dict(zip(leaves, gradients, strict=True)), logits[0].detach(), loss.item()

    def losses(self, logits: Tensor) -> Tensor:
        """Return the losses (R,) of logits (R, K)."""
        return F.cross_entropy(logits, torch.full((len(logits),), self.label), reduction="none")

    def take(self, lrs: Sequence[float]) -> StepResult:
        """Take a step at each learning rate, always from the same weights.

        Raises:
            ValueError: a rate is not a finite number above 0.
        """
        for lr in lrs:
            check_range("lr", lr, 0, low_open=True)
        rates = torch.tensor([float(lr) for lr in lrs], dtype=torch.float64)
        parts = model_parts(self.model)
        outermost = [part for part in parts if part.block is None or part.name == "block"]
        after = self.logits_after(rates, outermost)
        steps = tuple(self.part_step(part, rates) for part in parts)
        return StepResult(rates, self.logits, self.loss, after, self.losses(after), steps)

    @torch.no_grad()
    def logits_after(self, lrs: Tensor, parts: Iterable[ModelPart]) -> Tensor:
        """Return the logits (R, K) after steps of rates (R,) that change only `parts`."""
        changed: Weights = {}
        for name, rows in (entry for part in parts for entry in part.weights):
            weight = self.weights[name]
            changed.setdefault(name, weight.expand(len(lrs), *weight.shape).clone())
            changed[name][:, rows] += lrs.reshape(-1, *[1] * weight.ndim) * self.direction[name][rows]

        def forward(weights: Weights) -> Tensor:
            return functional_call(self.model, self.weights | weights, (self.images,))[0]

        return torch.vmap(forward)(changed)  # (R, K)

    def part_step(self, part: ModelPart, lrs: Tensor) -> PartStep:
        """Measure one part in steps of rates (R,)."""
        sources = (self.weights, self.gradient, self.direction)
        weights, gradient, step = (flatten(part, source) for source in sources)
        alone = self.loss - self.losses(self.logits_after(lrs, [part]))
        norms = weights.norm().item(), gradient.norm().item()
        return PartStep(part, *norms, lrs * step.norm(), alone, -lrs * (gradient @ step))


def take_step(
    model: VisionTransformer, image: Tensor, label: int, lr: float, optimizer: Optimizer = "sgd"
) -> VisionTransformer:
    """Return a copy of `model`, in its own precision, after one step of rate `lr`; errors as in `LossGradient`."""
    check_range("lr", lr, 0, low_open=True)
    gradient = LossGradient(model, image, label, optimizer)
    weights = {name: weight + float(lr) * gradient.direction[name] for name, weight in gradient.weights.items()}
    changed = copy.deepcopy(model)
    changed.load_state_dict(weights, strict=False)
    return changed


def step_direction(gradient: Tensor, optimizer: Optimizer) -> Tensor:
    """Return the change of a weight at learning rate 1."""
    return -gradient if optimizer == "sgd" else -gradient / (gradient.abs() + ADAM_EPS)


def flatten(part: ModelPart, source: Weights) -> Tensor:
    """Concatenate a part's numbers into one vector."""
    return torch.cat([source[name][rows].flatten() for name, rows in part.weights])
