"""Scores of all methods over many digits, as a table with intervals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
import torch
from torch import Tensor

from train.cli import grid
from vit.explain.coalitions import MAX_MASKABLE, table
from vit.explain.faithfulness import Faithfulness, FaithfulnessScale, faithfulness_scale
from vit.explain.faithfulness_estimate import estimated_scale
from vit.explain.masking import MaskedModel
from vit.explain.methods import METHODS, VALUES
from vit.explain.shapley import estimate
from vit.model import VisionTransformer

RESAMPLES = 2000  # of the digits, for an interval
MEASURES = ("deletion", "insertion", "rank", "sign")


@dataclass(frozen=True)
class Score:
    """How true one method's map of one digit is, in one mask_mode of "missing"."""

    model: str
    digit: int
    mask_mode: str
    method: str
    exact: bool
    faithfulness: Faithfulness


def scores_of(
    name: str, model: VisionTransformer, digits: Sequence[Tensor], known: Collection[int] = ()
) -> Iterator[list[Score]]:
    """Yield for each digit (C, H, W) the scores of all methods, about the answer that the model gives.

    The digits whose places are `known` are left out.
    """
    for number, image in enumerate(digits):
        if number in known:
            continue
        with torch.no_grad():
            target = int(model(image[None]).argmax())
        maps = {key: method.ask(model, image, target) for key, method in METHODS.items() if key not in VALUES}
        yards = {}
        for key, mask_mode in VALUES.items():
            masked = MaskedModel(model, image, mask_mode)
            exact = len(masked.maskable) <= MAX_MASKABLE
            yard = faithfulness_scale(table(masked, target)) if exact else estimated_scale(masked, target)
            yards[mask_mode] = masked, yard, exact
            # An estimate is not measured by itself, but by another one.
            maps[key] = masked.on_grid(yard.exact if exact else estimate(masked, target, seed=1).values)
        yield [
            Score(name, number, mask_mode, key, exact, measured(key, maps[key], masked, yard))
            for mask_mode, (masked, yard, exact) in yards.items()
            for key in METHODS
        ]


def measured(key: str, found: Tensor, masked: MaskedModel, yard: FaithfulnessScale) -> Faithfulness:
    """Return how true a method's map (G, G) is of a masked."""
    return yard.score(found.flatten()[masked.maskable], signed=METHODS[key].signed)


def interval(values: Iterable[float], seed: int = 0) -> tuple[float, float, float]:
    """Return the mean and the ends of its 95 % interval, by drawing the digits anew (Efron 1979); nan are left out."""
    known = np.array([value for value in values if isfinite(value)])
    if not len(known):
        return nan, nan, nan
    drawn = np.random.default_rng(seed).choice(known, (RESAMPLES, len(known)))
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return float(known.mean()), float(low), float(high)


def table_of(scores: Sequence[Score]) -> str:
    """Return the table in Markdown: one row for each model, mask mode and method, the best first."""
    titles = ("model", "a patch is", "method", "deletion", "insertion", "rank agreement", "sign agreement")
    groups: dict[tuple[str, str, str], list[Score]] = {}
    for score in scores:
        groups.setdefault((score.model, score.mask_mode, score.method), []).append(score)
    rows = []
    for (model, mask_mode, method), group in sorted(groups.items(), key=lambda item: (*item[0][:2], -worth(item[1]))):
        estimated = "" if all(score.exact for score in group) else ", estimated"
        cells = [cell([getattr(score.faithfulness, measure) for score in group]) for measure in MEASURES]
        rows.append([f"`{model}`", mask_mode + estimated, METHODS[method].title, *cells])
    return grid(titles, rows)


def worth(group: Sequence[Score]) -> float:
    """Return the mean of deletion and insertion over a method's scores, by which methods are ranked."""
    means = [interval(getattr(score.faithfulness, measure) for score in group)[0] for measure in MEASURES[:2]]
    return sum(means) / 2 if all(isfinite(mean) for mean in means) else -1e9


def cell(values: Sequence[float]) -> str:
    """Return a mean with its interval, nothing where there is none."""
    mean, low, high = interval(values)
    return f"{mean:.2f} ({low:.2f} to {high:.2f})" if isfinite(mean) else ""
