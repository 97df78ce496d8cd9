"""Scores of all methods over many digits, as a table with intervals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
import torch
from torch import Tensor

from train.cli import grid
from vit.explain.coalitions import MAX_MASKABLE, log_odds_table
from vit.explain.faithfulness import Faithfulness, FaithfulnessScale, faithfulness_scale
from vit.explain.faithfulness_estimate import estimated_scale
from vit.explain.masking import MaskedModel
from vit.explain.methods import METHODS, VALUES
from vit.explain.shapley import estimate
from vit.model import VisionTransformer

RESAMPLES = 2000  # of the digits, for a bootstrap interval
MEASURES = ("deletion", "insertion", "rank", "sign")


@dataclass(frozen=True)
class Score:
    """Faithfulness of one method's map of one digit in one mask mode.

    Attributes:
        model: name of the model.
        digit: index of the digit.
        exact: whether the scale is exact, or estimated from samples.
    """

    model: str
    digit: int
    mask_mode: str
    method: str
    exact: bool
    faithfulness: Faithfulness


def scores_of(
    name: str, model: VisionTransformer, digits: Sequence[Tensor], known: Collection[int] = ()
) -> Iterator[list[Score]]:
    """Score all methods on each digit (C, H, W), for the predicted class; yield the scores of one digit at a time.

    Args:
        known: indices of digits to leave out.
    """
    for number, image in enumerate(digits):
        if number in known:
            continue
        with torch.no_grad():
            target = int(model(image[None]).argmax())
        maps = {key: method.ask(model, image, target) for key, method in METHODS.items() if key not in VALUES}
        scales = {}
        for key, mask_mode in VALUES.items():
            masked = MaskedModel(model, image, mask_mode)
            exact = len(masked.maskable) <= MAX_MASKABLE
            scale = faithfulness_scale(log_odds_table(masked, target)) if exact else estimated_scale(masked, target)
            scales[mask_mode] = masked, scale, exact
            # An estimate is compared with another one, not with itself.
            maps[key] = masked.on_grid(scale.exact if exact else estimate(masked, target, seed=1).values)
        yield [
            Score(name, number, mask_mode, key, exact, score_map(key, maps[key], masked, scale))
            for mask_mode, (masked, scale, exact) in scales.items()
            for key in METHODS
        ]


def score_map(key: str, values: Tensor, masked: MaskedModel, scale: FaithfulnessScale) -> Faithfulness:
    """Faithfulness of a method's map (G, G) on a scale."""
    return scale.score(values.flatten()[masked.maskable], signed=METHODS[key].signed)


def interval(values: Iterable[float], seed: int = 0) -> tuple[float, float, float]:
    """Mean with its 95 % bootstrap interval over the digits (Efron 1979); nan are left out."""
    known = np.array([value for value in values if isfinite(value)])
    if not len(known):
        return nan, nan, nan
    drawn = np.random.default_rng(seed).choice(known, (RESAMPLES, len(known)))
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return float(known.mean()), float(low), float(high)


def faithfulness_table(scores: Sequence[Score]) -> str:
    """Table in Markdown: one row for each model, mask mode and method, best method first."""
    titles = ("model", "a patch is", "method", "deletion", "insertion", "rank agreement", "sign agreement")
    groups: dict[tuple[str, str, str], list[Score]] = {}
    for score in scores:
        groups.setdefault((score.model, score.mask_mode, score.method), []).append(score)
    rows = []
    for (model, mask_mode, method), group in sorted(
        groups.items(), key=lambda item: (*item[0][:2], -mean_score(item[1]))
    ):
        estimated = "" if all(score.exact for score in group) else ", estimated"
        cells = [cell([getattr(score.faithfulness, measure) for score in group]) for measure in MEASURES]
        rows.append([f"`{model}`", mask_mode + estimated, METHODS[method].title, *cells])
    return grid(titles, rows)


def mean_score(group: Sequence[Score]) -> float:
    """Mean of deletion and insertion of a method, by which the table is sorted."""
    means = [interval(getattr(score.faithfulness, measure) for score in group)[0] for measure in MEASURES[:2]]
    return sum(means) / 2 if all(isfinite(mean) for mean in means) else -1e9


def cell(values: Sequence[float]) -> str:
    """Mean with its interval as text; empty without values."""
    mean, low, high = interval(values)
    return f"{mean:.2f} ({low:.2f} to {high:.2f})" if isfinite(mean) else ""
