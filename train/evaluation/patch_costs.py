"""Cost of smaller patches on this machine: `python -m train.evaluation.patch_costs`.

Half the patch size gives four times the tokens and sixteen times the attention weights. Therefore a vision transformer
does not take pixels as tokens (Dosovitskiy et al. 2021, section 1).
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

PATCH_SIZES = (14, 7, 4, 2, 1)
SECONDS = 10.0  # for all sizes together, about
MAX_REPEATS = 5  # steps that are timed
MAX_BATCH = 32  # images in a step
BATCH_BYTES = 250_000_000  # memory of a step; a batch that needs more becomes smaller
MAX_BYTES = 1_500_000_000  # memory of one image; if it needs more, no step is timed


@dataclass(frozen=True)
class Cost:
    """Cost of one patch size.

    Attributes:
        num_patches: patches of one image.
        num_tokens: patches and cls.
        attention_weights: numbers in the attention matrices of all blocks and heads, for one image.
        quadratic: share of the multiplications that grows with the square of the tokens, in [0, 1].
        num_params: trainable numbers of the model.
        bytes: memory that the forward pass of one image saves for the backward pass.
        batch: images in the timed step; 0 if one image needs too much memory.
        seconds: time of the forward and backward pass for one image; None if it was not timed.
    """

    patch_size: int
    num_patches: int
    num_tokens: int
    attention_weights: int
    quadratic: float
    num_params: int
    bytes: int
    batch: int
    seconds: float | None


def patch_costs(config: ViTConfig, sizes: Sequence[int] = PATCH_SIZES, seconds: float = SECONDS) -> Iterator[Cost]:
    """Measure the cost of each patch size, with all other settings as in `config`; yields one at a time.

    Args:
        sizes: patch sizes in pixels.
        seconds: time for all sizes together; each size takes at least one step.

    Raises:
        ValueError: a patch size does not divide the image size.
    """
    configs = [replace(config, patch_size=size) for size in sizes]
    return (measure_patch_size(one, seconds / len(configs)) for one in configs)


def measure_patch_size(config: ViTConfig, seconds: float) -> Cost:
    """Measure the cost of the patch size of `config`, in about `seconds`."""
    needed = saved_bytes(config, "meta")
    batch = max(1, min(MAX_BATCH, BATCH_BYTES // needed)) if needed <= MAX_BYTES else 0
    between, each = multiplications(config)
    weights = config.depth * config.num_heads * config.num_tokens**2
    with torch.device("meta"):
        num_params = VisionTransformer(config).num_params
    return Cost(
        config.patch_size,
        config.num_patches,
        config.num_tokens,
        weights,
        between / (between + each),
        num_params,
        saved_bytes(config, "cpu") if batch else needed,
        batch,
        seconds_per_batch(config, batch, seconds) / batch if batch else None,
    )


def saved_bytes(config: ViTConfig, device: str) -> int:
    """Count the bytes that autograd saves of one image for the backward pass, without the weights.

    On the device `meta` nothing is computed and no memory is used; the masks of dropout are then smaller than on `cpu`.
    """
    with torch.device(device), torch.random.fork_rng(devices=[]):
        model = VisionTransformer(config).train()
        image = torch.zeros(1, config.in_chans, config.image_size, config.image_size)
    weights = {storage_id(weight) for weight in model.parameters()}
    saved: dict[int, Tensor] = {}

    def save(tensor: Tensor) -> Tensor:
        saved[storage_id(tensor)] = tensor  # a reference, so that the memory is not reused for another tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor), torch.random.fork_rng(devices=[]):
        model(image)
    return sum(tensor.untyped_storage().nbytes() for storage, tensor in saved.items() if storage not in weights)


def storage_id(tensor: Tensor) -> int:
    """Identity of the memory of a tensor, shared by its views."""
    return tensor.untyped_storage()._cdata


def seconds_per_batch(config: ViTConfig, batch: int, seconds: float) -> float:
    """Median seconds of a forward and backward pass of one batch; the first pass is not counted if there are others."""
    model = fresh_model(Recipe(config, recipe("fast").training)).train()
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(batch, config.in_chans, config.image_size, config.image_size, generator=generator)
    labels = torch.randint(config.num_classes, (batch,), generator=generator)
    began, took = time.perf_counter(), []
    while len(took) <= MAX_REPEATS and (not took or time.perf_counter() - began + took[-1] <= seconds):
        start = time.perf_counter()
        model.zero_grad(set_to_none=True)
        with torch.random.fork_rng(devices=[]):  # dropout draws from the caller's generator
            F.cross_entropy(model(images), labels).backward()
        took.append(time.perf_counter() - start)
    return median(took[1:] or took)


def seconds_per_step(recipe: Recipe, steps: int = 4, seconds: float = 3.0, device: str = "cpu") -> float:
    """Median seconds of one training step of a recipe on this machine, with augmentation and optimizer.

    The images are noise, which takes as long as digits. Distillation and whitening are left out.

    Args:
        steps: steps to time after the first one, which is slower.
        seconds: time limit, after which no further step begins.
    """
    training = replace(recipe.training, epochs=1, whiten=0.0, distill=0.0, val_size=0)
    count = (1 + steps) * training.batch_size
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, 28, 28), generator=generator, dtype=torch.uint8)
    labels = torch.randint(recipe.model.num_classes, (count,), generator=generator)
    digits = Digits(images, labels)
    ends = [0.0]
    for event in train(fresh_model(recipe), digits, digits.subset(slice(0)), training, device=device):
        if isinstance(event, Step):
            ends.append(event.seconds)
        if ends[-1] > seconds:
            break
    took = [end - start for start, end in pairwise(ends)]
    return median(took[1:] or took)


def costs_table(costs: Sequence[Cost]) -> str:
    """Table of the costs in Markdown, with a sentence that compares the largest patches with the smallest."""
    rows = [
        [
            f"{cost.num_patches:,} of {cost.patch_size}×{cost.patch_size} pixels",
            f"{cost.num_tokens:,}",
            f"{cost.attention_weights:,}",
            f"{cost.quadratic:.0%}",
            f"{cost.bytes / 1e6:,.1f} MB",
            f"{cost.num_params:,}",
            f"{1000 * cost.seconds:,.1f} ms" if cost.seconds else "too much memory",
        ]
        for cost in costs
    ]
    titles = [
        "patches",
        "tokens",
        "attention weights",
        "attention's arithmetic",
        "memory",
        "parameters",
        "time for one image",
    ]
    return f"{grid(titles, rows)}\n\n{compare_ends(costs)}"


def compare_ends(costs: Sequence[Cost]) -> str:
    """Compare the last timed patch size with the first, in a sentence."""
    timed = [cost for cost in costs if cost.seconds]
    if len(timed) < 2:
        return "There is nothing to compare."
    first, last = timed[0], timed[-1]
    tokens, weights, memory = (
        getattr(last, name) / getattr(first, name) for name in ("num_tokens", "attention_weights", "bytes")
    )
    seconds = (last.seconds or 0) / (first.seconds or 1)
    return (
        f"From {first.num_patches:,} to {last.num_patches:,} patches: "
        f"{tokens:,.0f} times the tokens, so {weights:,.0f} times the attention weights; "
        f"measured, {seconds:,.0f} times the time and {memory:,.0f} times the memory."
    )


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m train.evaluation.patch_costs", "Measure what small patches cost.", "threads")
    parser.add_argument(
        "--recipe", choices=tuple(RECIPES), default="fast", help="whose model is measured (default: %(default)s)"
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=PATCH_SIZES,
        metavar="P",
        help="sides of the patches, in pixels (default: 14 7 4 2 1)",
    )
    return parser


def run(args: Namespace) -> None:
    """Measure and print."""
    print(costs_table(list(patch_costs(recipe(args.recipe).model, args.sizes))))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
