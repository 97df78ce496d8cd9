"""How far a calibrated model can be relied on: what it turns away and lets through, and how true its shares are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from train.data.dataset import Digits
from train.evaluation.fit_ood import doubts, look
from train.evaluation.reliability_diagram import errors
from train.score import wilson
from train.synthetic import handwriting, vectorize
from train.synthetic.non_digits import SCRIBBLES, generator, many, printed
from train.synthetic.rare_digits import written
from vit.calibration import Calibration
from vit.ink import from_strokes
from vit.model import VisionTransformer


def measure(
    model: VisionTransformer,
    calibration: Calibration,
    test_set: Digits,
    hands: Mapping[str, Tensor],
    non_digits: Mapping[str, Tensor],
) -> dict[str, Any]:
    """Measure a model on test digits, on digits by other `hands` and on `non_digits`, all (n, 28, 28) uint8.

    Returns:
        Shares in [0, 1], as a JSON file holds them.
    """
    seen = look(model, test_set.images)
    doubted, right = doubts(calibration, seen), seen.logits.argmax(dim=-1) == test_set.labels
    away = {name: doubts(calibration, look(model, images)) for name, images in {**hands, **non_digits}.items()}
    if SCRIBBLES.keys() <= away.keys():
        away["all scribbles"] = torch.cat([away[name] for name in SCRIBBLES])
    beyond = {name: some > calibration.threshold for name, some in away.items()}
    raw, calibrated = seen.logits.softmax(dim=-1), calibration.probs(seen.logits)
    kept = doubted <= calibration.threshold
    return {
        "temperature": calibration.temperature,
        "threshold": calibration.threshold,
        "digits": {
            "images": len(test_set),
            "turned_away": share(~kept),
            "interval": [max(0.0, bound) for bound in wilson(share(~kept), len(test_set))],
            "accuracy": share(right),
            "accuracy_kept": share(right[kept]),
        },
        "calibration_error": {"before": errors(raw, right), "after": errors(calibrated, right)},
        "hands": {name: {"images": len(hands[name]), "turned_away": share(beyond[name])} for name in hands},
        "non_digits": {
            name: {"images": len(some), "turned_away": share(beyond[name]), "auroc": auroc(doubted, some)}
            for name, some in away.items()
            if name not in hands
        },
    }


def share(mask: Tensor) -> float:
    """Return the share of a mask that is true, 0 of an empty one."""
    return mask.float().mean().item() if len(mask) else 0.0


def auroc(digits: Tensor, others: Tensor) -> float:
    """Return how often, of all pairs, the other thing scores above the digit (Mann and Whitney 1947); a tie is half."""
    digits = digits.sort().values
    below, up_to = (torch.searchsorted(digits, others, right=right).double() for right in (False, True))
    return ((below + up_to).mean() / (2 * len(digits))).item()


def other_hands(test_set: Digits, count: int, seed: int) -> dict[str, Tensor]:
    """Make `count` digits (count, 28, 28) uint8 of each kind that is not MNIST's own hand.

    "drawn anew" are test digits, thinned to strokes and drawn again as people draw on a canvas. They are left out
    where scikit-image, which that takes, is not installed.
    """
    sets = {
        "rare forms": written(count, seed).images,
        "in print": many(lambda random: printed(random, "0123456789"), count, generator("in print", seed)),
    }
    try:
        random = generator("drawn anew", seed)
        anew = [handwriting.redraw(vectorize.trace(image), random) for image in test_set.images[:count].numpy()]
    except ImportError:
        return sets
    images = np.array([np.rint(from_strokes(drawing) * 255) for drawing in anew]).reshape(-1, 28, 28)
    return {"drawn anew": torch.from_numpy(images.astype(np.uint8)), **sets}


def table(found: Mapping[str, Any]) -> str:
    """Lay out what `measure` found in lines of text."""
    digits = found["digits"]
    low, high = digits["interval"]
    lines = [f"{'digits':<20}{'images':>8}{'turned away':>14}"]
    lines += [
        f"{'MNIST test':<20}{digits['images']:>8,}{digits['turned_away']:>14.2%}  (95 %: {low:.2%} to {high:.2%})"
    ]
    lines += [f"{name:<20}{one['images']:>8,}{one['turned_away']:>14.2%}" for name, one in found["hands"].items()]
    lines += ["", f"{'not digits':<20}{'images':>8}{'turned away':>14}{'AUROC':>9}"]
    for name, one in found["non_digits"].items():
        lines += [f"{name:<20}{one['images']:>8,}{one['turned_away']:>14.1%}{one['auroc']:>9.4f}"]
    lines += ["", f"{'calibration error':<28}{'equal widths':>14}{'equal counts':>14}"]
    for name, one in found["calibration_error"].items():
        label = f"{name} temperature {found['temperature']:.3f}"
        lines += [f"{label:<28}{one['equal_width']:>14.2%}{one['adaptive']:>14.2%}"]
    lines += [
        "",
        f"read right: {digits['accuracy']:.2%} of all test digits, {digits['accuracy_kept']:.2%} of those kept",
    ]
    return "\n".join(lines)
