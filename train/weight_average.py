"""Average a model with its fine-tuned copy: `python -m train.weight_average digits-4x4 --tuned FILE --share 0.6`.

Fine-tuning teaches what a model lacked, and it forgets some of the rest. A point on the line between both weights
often keeps nearly all of one and gains nearly all of the other (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models"). The validation digits, which neither has learned from, show how much of the rest is lost at each share.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from train.cli import carry_out, grid, new_parser
from train.data.dataset import load, tqdm_progress
from train.run_folder import accuracy_line, header_figures
from train.score import Score, evaluate
from train.splits import split_as_trained
from vit import checkpoint
from vit.checkpoint import Header
from vit.files import check_destination
from vit.model import VisionTransformer


def average(model: VisionTransformer, tuned: VisionTransformer, share: float) -> VisionTransformer:
    """Return a new model in evaluation mode whose weights are `share` of the way from `model` to `tuned`.

    Args:
        model: the model before fine-tuning.
        tuned: the same model after it.
        share: in [0, 1]; 0 gives the weights of `model`, 1 those of `tuned`.

    Raises:
        ValueError: the models differ in more than their weights, or `share` is outside its range.
    """
    if model.config != tuned.config:
        raise ValueError("both models must have the same config: average a model with its own fine-tuned copy")
    if not 0 <= share <= 1:
        raise ValueError(f"share must be in [0, 1], got {share}")
    ends = model.state_dict(), tuned.state_dict()
    between = VisionTransformer(model.config)
    between.load_state_dict({name: torch.lerp(start, ends[1][name], share) for name, start in ends[0].items()})
    return between.eval()


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = "Average a model with its fine-tuned copy, and read the validation digits with each average."
    parser = new_parser("python -m train.weight_average", description, "data", "json", "threads")
    parser.add_argument("model", metavar="MODEL", help="shipped name or file: the model before fine-tuning")
    parser.add_argument("--tuned", required=True, metavar="FILE", help="the same model after fine-tuning")
    parser.add_argument(
        "--share", type=float, nargs="+", default=[0.5], metavar="S", help="of the tuned weights (default: 0.5)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="read the test digits with the last average, and write it here"
    )
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Average, evaluate and print; write the last average if asked."""
    if args.out:
        check_destination("--out", args.out)
    ends = checkpoint.load(args.model), checkpoint.load(args.tuned)
    models = {share: average(*ends, share) for share in args.share}
    header = checkpoint.read_header(args.model)
    _, val_set = split_as_trained(header.recipe, load("train", args.data, tqdm_progress()))
    scores = {share: evaluate(one, val_set) for share, one in models.items()}
    rows = [[f"{share:g}", f"{score.accuracy:.2%}", f"{score.loss:.5f}"] for share, score in scores.items()]
    print(grid(["share of the tuned weights", "validation digits read right", "loss, nats"], rows))
    if args.out:
        write(args, header, models[args.share[-1]], scores[args.share[-1]])
    return {"val": {f"{share:g}": {"accuracy": one.accuracy, "loss": one.loss} for share, one in scores.items()}}


def write(args: Namespace, header: Header, model: VisionTransformer, val: Score) -> None:
    """Test an average and write it, with the recipe of the model before fine-tuning and the time of both trainings."""
    tuned = checkpoint.read_header(args.tuned)
    seconds = sum(one.figures.get("train_seconds", 0.0) for one in (header, tuned))
    figures = header_figures(val, evaluate(model, load("test", args.data, tqdm_progress())), seconds)
    checkpoint.save(model, args.out, header.recipe, figures | {"tuned": {"share": args.share[-1], **tuned.recipe}})
    print(f"saved {args.out}\n{accuracy_line(figures, model.num_params)}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
