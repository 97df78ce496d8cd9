"""What smaller patches cost, measured on the spot: why a vision transformer does not take pixels as tokens.

Half the patch size is four times the tokens, and sixteen times the attention weights between them (Dosovitskiy et al.
2021, section 1). `python -m train.evaluation.patch_costs` prints the table for this machine.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor

from train.cli import carry_out, grid, new_parser
from train.config import RECIPES, Recipe, recipe
from train.data.dataset import Digits
from train.loop import Step, fresh_model, train
from vit.analysis.flops import multiplications
from vit.config import ViTConfig
from vit.model import VisionTransformer

SIZES = (14, 7, 4, 2, 1)
SECONDS = 10.0  # for all sizes together, about
REPEATS = 5  # of one measurement, at most
BATCH = 32  # images at once, at most, ...
BYTES = 250_000_000  # ... fewer where these would be exceeded, ...
TOO_MANY = 1_500_000_000  # ... and none where one image alone needs more


@dataclass(frozen=True)
class Cost:
    """What patches of one size cost.

    Attributes:
        num_tokens: cls and the patches.
        attention_weights: numbers in all attention matrices of all blocks and heads, for one image.
        quadratic: share in [0, 1] of the multiplications that grow with the square of the tokens.
        num_params: weights of the model.
        bytes: what the forward pass of one image keeps for the backward pass.
        batch: images of the measured step; 0 where one would need too much memory.
        seconds: to learn from one image, forward and backward, measured; None where it was not.
    """

    patch_size: int
    num_tokens: int
    attention_weights: int
    quadratic: float
    num_params: int
    bytes: int
    batch: int
    seconds: float | None


def patch_costs(config: ViTConfig, sizes: Sequence[int] = SIZES, seconds: float = SECONDS) -> Iterator[Cost]:
    """Yield what each patch size costs, all else as in `config`; each is measured when it is asked for.

    Args:
        sizes: of patches, which must tile the image.
        seconds: to spend on all of them; each takes one step at least, and two where time allows.

    Raises:
        ValueError: a size does not tile the image.
    """
    configs = [replace(config, patch_size=size) for size in sizes]
    return (cost_of(one, seconds / len(configs)) for one in configs)


def cost_of(config: ViTConfig, seconds: float) -> Cost:
    """Return what the patches of `config` cost; `seconds` are for the measurement."""
    needed = kept_bytes(config, "meta")
    batch = max(1, min(BATCH, BYTES // needed)) if needed <= TOO_MANY else 0
    between, each = multiplications(config)
    weights = config.depth * config.num_heads * config.num_tokens**2
    with torch.device("meta"):
        num_params = VisionTransformer(config).num_params
    return Cost(
        config.patch_size,
        config.num_tokens,
        weights,
        between / (between + each),
        num_params,
        kept_bytes(config, "cpu") if batch else needed,
        batch,
        measured(config, batch, seconds) / batch if batch else None,
    )


def kept_bytes(config: ViTConfig, device: str) -> int:
    """Return how many bytes autograd keeps of one image for the backward pass, the weights themselves not counted.

    On `meta`, tensors have no memory, and nothing is calculated; the masks of dropout are then smaller than on `cpu`.
    """
    with torch.device(device), torch.random.fork_rng(devices=[]):
        model = VisionTransformer(config).train()
        image = torch.zeros(1, config.in_chans, config.image_size, config.image_size)
    weights = {storage_of(weight) for weight in model.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[storage_of(tensor)] = tensor  # which keeps it alive, so that no other takes its place
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor), torch.random.fork_rng(devices=[]):
        model(image)
    return sum(tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in weights)


def storage_of(tensor: Tensor) -> int:
    """Return what tells a tensor's memory from that of others."""
    return tensor.untyped_storage()._cdata


def measured(config: ViTConfig, batch: int, seconds: float) -> float:
    """Return the seconds that learning from a batch takes, forward and backward: the median after a first one."""
    model = fresh_model(Recipe(config, recipe("fast").training)).train()
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(batch, config.in_chans, config.image_size, config.image_size, generator=generator)
    labels = torch.randint(config.num_classes, (batch,), generator=generator)
    began, took = time.perf_counter(), []
    while len(took) <= REPEATS and (not took or time.perf_counter() - began + took[-1] <= seconds):
        start = time.perf_counter()
        model.zero_grad(set_to_none=True)
        with torch.random.fork_rng(devices=[]):  # dropout draws from the caller's generator
            F.cross_entropy(model(images), labels).backward()
        took.append(time.perf_counter() - start)
    return median(took[1:] or took)


def seconds_per_step(recipe: Recipe, steps: int = 4, seconds: float = 3.0) -> float:
    """Measure how long one step of a recipe takes here, augmentation and optimiser included: the median of a few.

    Nothing is read: pictures of noise take as long as any others. Teachers, if the recipe asks for them, are not asked.

    Args:
        steps: that are measured after a first one, which is slower.
        seconds: after which no further step is begun.
    """
    training = replace(recipe.training, epochs=1, whiten=0.0, distill=0.0, val_size=0)
    count = (1 + steps) * training.batch_size
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, 28, 28), generator=generator, dtype=torch.uint8)
    labels = torch.randint(recipe.model.num_classes, (count,), generator=generator)
    digits = Digits(images, labels)
    ends = [0.0]
    for event in train(fresh_model(recipe), digits, digits.subset(slice(0)), training):
        if isinstance(event, Step):
            ends.append(event.seconds)
        if ends[-1] > seconds:
            break
    took = [end - start for start, end in pairwise(ends)]
    return median(took[1:] or took)


def table(costs: Sequence[Cost]) -> str:
    """Lay the costs out as a table in Markdown, and say in a sentence what they come to."""
    rows = [
        [
            f"{cost.patch_size}×{cost.patch_size}",
            f"{cost.num_tokens:,}",
            f"{cost.attention_weights:,}",
            f"{cost.quadratic:.0%}",
            f"{cost.bytes / 1e6:,.1f} MB",
            f"{cost.num_params:,}",
            f"{1000 * cost.seconds:,.1f} ms" if cost.seconds else "too much memory",
        ]
        for cost in costs
    ]
    titles = ["patch", "tokens", "attention weights", "of the arithmetic", "memory", "parameters", "time for one image"]
    return f"{grid(titles, rows)}\n\n{sentence(costs)}"


def sentence(costs: Sequence[Cost]) -> str:
    """Say how the finest patches that were measured compare with the coarsest."""
    timed = [cost for cost in costs if cost.seconds]
    if len(timed) < 2:
        return "There is nothing to compare."
    first, last = timed[0], timed[-1]
    tokens, weights, memory = (
        getattr(last, name) / getattr(first, name) for name in ("num_tokens", "attention_weights", "bytes")
    )
    seconds = (last.seconds or 0) / (first.seconds or 1)
    return (
        f"From {first.patch_size}×{first.patch_size} to {last.patch_size}×{last.patch_size} pixels: "
        f"{tokens:,.0f} times the tokens, so {weights:,.0f} times the attention weights; "
        f"measured, {seconds:,.0f} times the time and {memory:,.0f} times the memory."
    )


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m train.evaluation.patch_costs", "Measure what small patches cost.", "threads")
    parser.add_argument("--recipe", choices=tuple(RECIPES), default="fast", help="whose model (default: %(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="P", help="of patches, in pixels")
    return parser


def run(args: Namespace) -> None:
    """Measure and print."""
    print(table(list(patch_costs(recipe(args.recipe).model, args.sizes))))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
