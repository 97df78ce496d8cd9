"""Fit what a model's readings are worth, and measure it: `python -m train.evaluation.calibrate --model digits-4x4`.

The fit sees training digits, validation digits and non-digits of a few kinds. What is printed is measured on test
digits and on non-digits of other kinds, none of which the fit has seen.
"""

from __future__ import annotations

import math
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from train.augment import augment
from train.cli import carry_out, new_parser
from train.config import TrainConfig
from train.data.dataset import Digits, load, tqdm_progress
from train.evaluation.fit_ood import fit, look, parts, weigh
from train.evaluation.ood_report import measure, other_hands, table
from train.splits import hold_out
from train.synthetic.non_digits import clothes, strange, unlike
from vit import checkpoint
from vit.calibration import Calibration
from vit.files import check_destination
from vit.model import VisionTransformer

TURNED_AWAY = 0.005  # share of the validation digits; that of 10,000 test digits is then below 0.01 by four sigma
STUDIED = 10_000  # training digits that the Gaussians are fitted to
NON_DIGITS = 600  # of each kind, to fit
RANKS = 1001  # so that a thousandth of the validation digits lies between two
TEMPERATURES = tuple(math.exp(at / 100) for at in range(-160, 161))  # 0.2 to 5, in steps of one per cent
MEASURED = 1000  # non-digits of each kind, to measure
REDRAWN = 500  # test digits that are drawn anew
SEED = 1_000_003  # of all that is measured with, far from the small numbers that models are trained and fitted with

# Other hands, which the weights are told to spare as much as MNIST's own.
HANDS = TrainConfig(rotation=10, scale=0.1, aspect=0.15, shear=0.2, shift=1.5, elastic=1.5, thickness=0.6)


def calibrate(model: VisionTransformer, train_set: Digits, val_set: Digits, *, seed: int = 0) -> Calibration:
    """Fit temperature, ood_detector and threshold to a finished model; the seed decides the non-digits.

    Raises:
        ValueError: there are no validation digits, some digit has no images to study, or the model does not read
            the ten digits.
    """
    if not len(val_set):
        raise ValueError("val_set must hold digits that the model has never learned from, got none")
    generator = torch.Generator().manual_seed(seed)
    studied = train_set.subset(torch.randperm(len(train_set), generator=generator)[:STUDIED])
    digits, val = look(model, studied.images), look(model, val_set.images)
    others = [look(model, images) for images in unlike(studied, NON_DIGITS, seed).values()]
    hands = look(model, augment(val_set.images[:, None] / 255, HANDS, generator)[:, 0])
    ood_detector = fit(digits, studied.labels, others)
    weights = weigh(
        [parts(ood_detector, val), parts(ood_detector, hands)], [parts(ood_detector, seen) for seen in others]
    )
    ranks = (parts(ood_detector, val) @ weights).quantile(torch.linspace(0, 1, RANKS))
    ood_detector = replace(ood_detector, weights=weights, ranks=ranks)
    ood_detector.check(model.config)
    return Calibration(temperature(val.logits, val_set.labels), 1 - TURNED_AWAY, ood_detector)


def temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the temperature at which logits (n, K) predict the labels best (Guo et al. 2017, section 4.2)."""
    losses = [F.cross_entropy(logits / value, labels).item() for value in TEMPERATURES]
    return TEMPERATURES[losses.index(min(losses))]


def held_out(header: checkpoint.Header, digits: Digits) -> tuple[Digits, Digits]:
    """Part the training digits as the checkpoint's recipe did, into those learned from and those held out.

    Raises:
        ValueError: the checkpoint does not say how it was trained, or nothing was held out.
    """
    try:
        config = TrainConfig.from_saved(header.recipe["training"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the checkpoint holds no recipe that says which digits were held out: {error}") from None
    if not config.val_size:
        raise ValueError("the checkpoint's recipe held no digits out (val_size 0), so nothing can be fitted to it")
    return hold_out(digits, config)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = (
        "Measure what a model's readings are worth on test data; fit that first where the checkpoint lacks it."
    )
    prog = "python -m train.evaluation.calibrate"
    return new_parser(prog, description, "model", "data", "json", "write", "threads")


def run(args: Namespace) -> dict[str, Any]:
    """Fit where asked or needed, measure, print, and store the fit where asked."""
    path = checkpoint.locate(args.model)
    if args.write:
        check_destination("model", path)
    model, header, calibration = checkpoint.load(path), checkpoint.read_header(path), checkpoint.read_calibration(path)
    progress = tqdm_progress()
    test_set, worn = load("test", args.data, progress), clothes(args.data, MEASURED, progress)
    if calibration is None or args.write:
        calibration = calibrate(model, *held_out(header, load("train", args.data, progress)))
    non_digits = {**strange(MEASURED, SEED), "Fashion-MNIST": worn}
    found = measure(model, calibration, test_set, other_hands(test_set, REDRAWN, SEED), non_digits)
    print(table(found))
    if args.write:
        checkpoint.add(path, calibration=calibration)
        print(f"stored in {path}")
    return {"model": args.model, **found}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
