"""Figure of the faithfulness scores: deletion and insertion of each method, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from train.benchmarks.faithfulness_report import Score, interval
from vit.explain.masking import MASK_MODES
from vit.explain.methods import METHODS
from vit.files import replacing

COLOURS = {"deletion": "#0072B2", "insertion": "#D55E00"}  # Okabe and Ito's, which colour-blind people can distinguish


def save_figure(scores: Sequence[Score], path: Path) -> None:
    """Draw deletion and insertion scores with their intervals: a row for each model, a column for each mask mode."""
    models = list(dict.fromkeys(score.model for score in scores))
    figure = Figure(figsize=(10, 1 + 3.2 * len(models)), layout="constrained")
    axes = figure.subplots(len(models), len(MASK_MODES), sharex=True, sharey=True, squeeze=False)
    for row, model in zip(axes, models, strict=True):
        for axis, mask_mode in zip(row, MASK_MODES, strict=True):
            group = [score for score in scores if (score.model, score.mask_mode) == (model, mask_mode)]
            draw(axis, group)
            axis.set_title(f"{model}: a patch is {mask_mode}" + ("" if all(s.exact for s in group) else " (estimated)"))
    axes[0, 0].legend(loc="lower left")
    figure.supxlabel("0 = a random order of the patches, 1 = the best order; mean and 95 % interval")
    with replacing(path) as partial:
        figure.savefig(partial, format=path.suffix[1:], dpi=110)


def draw(axis, group: Sequence[Score]) -> None:
    """Draw one model's scores in one mask mode."""
    axis.axvline(0, color="grey", linewidth=0.8)
    axis.axvline(1, color="grey", linewidth=0.8)
    for shift, (measure, colour) in zip((0.16, -0.16), COLOURS.items(), strict=True):
        for place, key in enumerate(reversed(METHODS)):
            values = [getattr(score.faithfulness, measure) for score in group if score.method == key]
            mean, low, high = interval(values)
            axis.plot([low, high], [place + shift] * 2, color=colour, linewidth=2, label=measure if not place else None)
            axis.plot(mean, place + shift, "o", color=colour, markersize=4)
    axis.set_yticks(range(len(METHODS)), [method.title for method in reversed(METHODS.values())])
