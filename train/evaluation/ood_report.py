"""Measure a calibrated model: rejected digits, accepted non-digits (AUROC) and calibration error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from train.data.dataset import Digits
from train.evaluation.fit_ood import extract, ood_scores
from train.evaluation.reliability_diagram import calibration_errors
from train.score import wilson
from train.synthetic.handwriting import redraw
from train.synthetic.non_digits import SCRIBBLES, generator, make_many, printed_character
from train.synthetic.rare_digits import make_rare_digits
from train.synthetic.vectorize import vectorize
from vit.calibration import Calibration
from vit.ink import from_strokes
from vit.model import VisionTransformer


def measure_ood(
    model: VisionTransformer,
    calibration: Calibration,
    test_set: Digits,
    unusual: Mapping[str, Tensor],
    non_digits: Mapping[str, Tensor],
) -> dict[str, Any]:
    """Measure a model on test digits, on unusual digits and on non-digits, all images (n, 28, 28) uint8.

    Returns:
        Shares in [0, 1], in the shape of the JSON file.
    """
    outputs = extract(model, test_set.images)
    scores, right = ood_scores(calibration, outputs), outputs.logits.argmax(dim=-1) == test_set.labels
    others = {
        name: ood_scores(calibration, extract(model, images)) for name, images in {**unusual, **non_digits}.items()
    }
    if SCRIBBLES.keys() <= others.keys():
        others["all scribbles"] = torch.cat([others[name] for name in SCRIBBLES])
    raw, calibrated = outputs.logits.softmax(dim=-1), calibration.probs(outputs.logits)
    rows = {name: kind_summary(kind_scores, scores, calibration.threshold) for name, kind_scores in others.items()}
    return {
        "temperature": calibration.temperature,
        "threshold": calibration.threshold,
        "digits": digits_summary(scores, right, calibration.threshold),
        "calibration_error": {"before": calibration_errors(raw, right), "after": calibration_errors(calibrated, right)},
        "unusual_digits": {name: {key: rows[name][key] for key in ("images", "rejected")} for name in unusual},
        "non_digits": {name: row for name, row in rows.items() if name not in unusual},
    }


def digits_summary(scores: Tensor, right: Tensor, threshold: float) -> dict[str, Any]:
    """Summarize test digits: how many are rejected, and the accuracy of all and of the accepted ones.

    Args:
        scores: OOD scores (n,).
        right: mask (n,) of the right predictions.
    """
    accepted = scores <= threshold
    return {
        "images": len(scores),
        "rejected": share(~accepted),
        "interval": [max(0.0, bound) for bound in wilson(share(~accepted), len(scores))],
        "accuracy": share(right),
        "accuracy_accepted": share(right[accepted]),
    }


def kind_summary(scores: Tensor, digit_scores: Tensor, threshold: float) -> dict[str, Any]:
    """Summarize one kind of images: how many are rejected, and the AUROC of their scores against those of digits."""
    return {"images": len(scores), "rejected": share(scores > threshold), "auroc": auroc(digit_scores, scores)}


def share(mask: Tensor) -> float:
    """Share of a mask that is true, 0 if it is empty."""
    return mask.float().mean().item() if len(mask) else 0.0


def auroc(digits: Tensor, others: Tensor) -> float:
    """Area under the ROC curve: share of pairs in which the other image scores above the digit; a tie counts half.

    Mann and Whitney 1947.
    """
    digits = digits.sort().values
    below, up_to = (torch.searchsorted(digits, others, right=right).double() for right in (False, True))
    return ((below + up_to).mean() / (2 * len(digits))).item()


def unusual_digits(test_set: Digits, count: int, seed: int) -> dict[str, Tensor]:
    """Make `count` digits (count, 28, 28) uint8 of each kind that MNIST lacks: "redrawn", "rare shapes", "in print".

    "redrawn" are test digits, vectorized and drawn again as people draw on a canvas. Without scikit-image this kind is
    left out.
    """
    sets = {
        "rare shapes": make_rare_digits(count, seed).images,
        "in print": make_many(
            lambda random: printed_character(random, "0123456789"), count, generator("in print", seed)
        ),
    }
    images = iter(test_set.images[:count].numpy())
    try:
        redrawn = make_many(
            lambda random: from_strokes(redraw(vectorize(next(images)), random)),
            min(count, len(test_set)),
            generator("drawn anew", seed),  # the name decides the random numbers, so it stays
        )
    except ImportError:
        return sets
    return {"redrawn": redrawn, **sets}


def ood_table(report: Mapping[str, Any]) -> str:
    """Report of `measure_ood` in lines of text."""
    digits = report["digits"]
    low, high = digits["interval"]
    lines = [f"{'digits':<20}{'images':>8}{'rejected':>14}"]
    lines += [f"{'MNIST test':<20}{digits['images']:>8,}{digits['rejected']:>14.2%}  (95 %: {low:.2%} to {high:.2%})"]
    lines += [
        f"{name:<20}{one['images']:>8,}{one['rejected']:>14.2%}" for name, one in report["unusual_digits"].items()
    ]
    lines += ["", f"{'not digits':<20}{'images':>8}{'rejected':>14}{'AUROC':>9}"]
    for name, one in report["non_digits"].items():
        lines += [f"{name:<20}{one['images']:>8,}{one['rejected']:>14.1%}{one['auroc']:>9.4f}"]
    lines += ["", f"{'calibration error':<28}{'equal widths':>14}{'equal counts':>14}"]
    for name, one in report["calibration_error"].items():
        label = f"{name} temperature {report['temperature']:.3f}"
        lines += [f"{label:<28}{one['equal_width']:>14.2%}{one['adaptive']:>14.2%}"]
    lines += [
        "",
        f"read right: {digits['accuracy']:.2%} of all test digits, {digits['accuracy_accepted']:.2%} of those accepted",
    ]
    return "\n".join(lines)
