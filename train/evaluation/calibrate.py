"""Fit and measure a model's calibration and OOD detector: `python -m train.evaluation.calibrate --model digits-4x4`.

The fit uses training digits, validation digits and a few kinds of non-digits. The printed figures are measured on test
digits and on other kinds of non-digits.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from train.augment import augment
from train.cli import carry_out, new_parser
from train.config import TrainConfig
from train.data.dataset import Digits, load, tqdm_progress
from train.evaluation.fit_ood import extract, fit_gaussians, fit_weights, score_parts
from train.evaluation.fit_temperature import temperature
from train.evaluation.ood_report import measure_ood, ood_table, unusual_digits
from train.evaluation.robustness import sample_digits
from train.splits import split_as_trained
from train.synthetic.non_digits import eval_non_digits, fashion_mnist, fit_non_digits
from vit import checkpoint
from vit.calibration import Calibration
from vit.files import check_destination
from vit.model import VisionTransformer

REJECTED = 0.005  # share of the validation digits; that of 10,000 test digits is then below 0.01 by four sigma
FITTED = 10_000  # training digits for the fit of the Gaussians
NON_DIGITS = 600  # of each kind, for the fit
RANKS = 1001  # quantiles of the validation digits' scores, in steps of a thousandth
EVALUATED = 1000  # non-digits of each kind, for the measurement
REDRAWN = 500  # test digits that are redrawn
SEED = 1_000_003  # of the measurement, far from the small seeds of training and fit

# Changes of the validation digits; the fit of the weights counts the changed ones as digits too.
AUGMENTATION = TrainConfig(rotation=10, scale=0.1, aspect=0.15, shear=0.2, shift=1.5, elastic=1.5, thickness=0.6)


def calibrate(model: VisionTransformer, train_set: Digits, val_set: Digits, *, seed: int = 0) -> Calibration:
    """Fit temperature, OOD detector and threshold to a trained model; the seed decides the non-digits.

    Raises:
        ValueError: there are no validation digits, a digit has no training images, or the model does not read the ten
            digits.
    """
    if not len(val_set):
        raise ValueError("val_set must hold digits that the model has never learned from, got none")
    generator = torch.Generator().manual_seed(seed)
    fitted = train_set.subset(torch.randperm(len(train_set), generator=generator)[:FITTED])
    digits, val = extract(model, fitted.images), extract(model, val_set.images)
    others = [extract(model, images) for images in fit_non_digits(fitted, NON_DIGITS, seed).values()]
    augmented = extract(model, augment(val_set.images[:, None] / 255, AUGMENTATION, generator)[:, 0])
    ood_detector = fit_gaussians(digits, fitted.labels, others)
    weights = fit_weights(
        [score_parts(ood_detector, val), score_parts(ood_detector, augmented)],
        [score_parts(ood_detector, outputs) for outputs in others],
    )
    ranks = (score_parts(ood_detector, val) @ weights).quantile(torch.linspace(0, 1, RANKS))
    ood_detector = replace(ood_detector, weights=weights, ranks=ranks)
    ood_detector.check(model.config)
    return Calibration(temperature(val.logits, val_set.labels), 1 - REJECTED, ood_detector)


def command_line() -> ArgumentParser:
    """Describe the command line."""
    description = (
        "Measure a model's calibration and OOD detector on test data; fit them first if the checkpoint lacks them."
    )
    prog = "python -m train.evaluation.calibrate"
    return new_parser(prog, description, "model", "data", "digits", "json", "write", "threads")


def run(args: Namespace) -> dict[str, Any]:
    """Fit if asked or needed, measure, print, and store the fit if asked."""
    path = checkpoint.locate(args.model)
    if args.write:
        check_destination("model", path)
    model, header, calibration = checkpoint.load(path), checkpoint.read_header(path), checkpoint.read_calibration(path)
    progress, count = tqdm_progress(), min(args.digits or EVALUATED, EVALUATED)
    test_set = sample_digits(load("test", args.data, progress), args.digits)
    clothes = fashion_mnist(args.data, count, progress)
    if calibration is None or args.write:
        calibration = calibrate(model, *split_as_trained(header.recipe, load("train", args.data, progress)))
    non_digits = {**eval_non_digits(count, SEED), "Fashion-MNIST": clothes}
    unusual = unusual_digits(test_set, min(count, REDRAWN), SEED)
    report = measure_ood(model, calibration, test_set, unusual, non_digits)
    print(ood_table(report))
    if args.write:
        checkpoint.add(path, calibration=calibration)
        print(f"stored in {path}")
    return {"model": args.model, **report}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
