"""Train the explainer of a model: `python -m train.explainer --model digits-7x7 --out FILE`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from time import process_time

import torch
from torch import Tensor

from train.cli import carry_out, new_parser
from train.data.dataset import load, tqdm_progress
from train.explainer.fit import Labelled, fit
from train.explainer.labels import noisy_values, quick_arithmetic
from vit import checkpoint
from vit.config import check_whole
from vit.explain.amortised import new_explainer, save
from vit.explain.masking import MASK_MODES
from vit.files import check_destination
from vit.model import VisionTransformer

AT_ONCE = 64  # images that get their labels together
DIGITS, EPOCHS, WIDTH, DEPTH = 31_360, 6, 64, 2
VALIDATION = 512  # digits of the training set that the explainer does not learn


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Train an explainer on noisy labels: one pair of orders of the patches for each training digit."
    parser = new_parser("python -m train.explainer", description, "model", "data", "threads")
    parser.set_defaults(model="digits-7x7")
    parser.add_argument(
        "--mask-mode", choices=MASK_MODES, default="erased", help="of missing patches (default: erased)"
    )
    parser.add_argument(
        "--digits", type=int, default=DIGITS, metavar="N", help="labelled digits (default: %(default)s)"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS, metavar="N", help="default: %(default)s")
    parser.add_argument("--width", type=int, default=WIDTH, help="features of a token (default: %(default)s)")
    parser.add_argument("--depth", type=int, default=DEPTH, help="encoder blocks (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="write the explainer here")
    return parser


def noisy_labels(model: VisionTransformer, images: Tensor, mask_mode: str, seed: int) -> Labelled:
    """Label images (n, H, W) uint8, with progress on the error stream."""
    labels = []
    for start in range(0, len(images), AT_ONCE):
        batch, generator = images[start : start + AT_ONCE, None] / 255, torch.Generator().manual_seed(seed + start)
        with quick_arithmetic():
            labels.append(noisy_values(model, batch, mask_mode, generator).half())
        print(f"\rlabels: {start + len(batch)} of {len(images)} digits", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Labelled(images[:, None], torch.cat(labels))


def chosen_images(folder: Path, count: int, seed: int) -> Tensor:
    """Choose `count` of the training images at random, (count, H, W) uint8; the seed alone decides.

    Raises:
        ValueError: there are fewer, or too few to learn and to validate.
    """
    digits = load("train", folder, tqdm_progress())
    check_whole("digits", count, VALIDATION + 1, len(digits))
    return digits.images[torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))[:count]]


def run(args: Namespace) -> None:
    """Label, train and write; the first labelled digits are the validation set."""
    check_destination("out", args.out, make_folders=True)
    check_whole("epochs", args.epochs, 1)
    check_whole("seed", args.seed)
    model, start = checkpoint.load(args.model), process_time()
    torch.manual_seed(args.seed)
    explainer = new_explainer(model, args.mask_mode, width=args.width, depth=args.depth)
    labelled = noisy_labels(model, chosen_images(args.data, args.digits, args.seed), args.mask_mode, args.seed)
    validation_set, train_set = (labelled.part(rows) for rows in (slice(VALIDATION), slice(VALIDATION, None)))
    fit(explainer, model, train_set, validation_set, epochs=args.epochs, seed=args.seed, progress=show)
    recipe = {name: getattr(args, name) for name in ("digits", "epochs", "seed")}
    save(explainer, args.out, recipe, {"cpu_seconds": round(process_time() - start)})
    print(f"written to {args.out}, {args.out.stat().st_size:,} bytes")


def show(epoch: int, learned: float, held_out: float) -> None:
    """Print the errors after an epoch; both have the noise of the labels."""
    print(f"epoch {epoch}: squared error {learned:.4f}, on validation digits {held_out:.4f}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
