"""Matplotlib figures for TensorBoard and files. They use `Figure`, not pyplot, which has global state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from torch import Tensor

from train.evaluation.reliability_diagram import ReliabilityDiagram
from train.evaluation.robustness import CHANGES
from vit.trace import Trace, to_grid

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # Okabe and Ito's, which colour-blind people can distinguish


def confusion_figure(table: Tensor) -> Figure:
    """Draw a confusion matrix (K, K), row = true digit, with the counts in the cells."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    shares = table / table.sum(dim=1, keepdim=True).clamp(min=1)
    axes.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
    for true, row in enumerate(table.tolist()):
        for read, count in enumerate(row):
            if count:
                axes.text(read, true, count, ha="center", va="center", fontsize=7, color="w" if true == read else "k")
    axes.set(xlabel="read as", ylabel="true digit", xticks=range(len(table)), yticks=range(len(table)))
    return figure


def attention_figure(images: Tensor, trace: Trace) -> Figure:
    """Draw the mean attention of cls over images (B, 1, H, W): one row for each image, one column for each layer."""
    maps = to_grid(trace.answer_attention.mean(dim=2)).detach().cpu().numpy()  # (L, B, G, G)
    depth, count = maps.shape[:2]
    figure = Figure(figsize=(1.6 * (depth + 1), 1.6 * count), layout="constrained")
    for row, axes in enumerate(figure.subplots(count, depth + 1, squeeze=False)):
        side = images.shape[-1]
        for column, axis in enumerate(axes):
            axis.imshow(images[row, 0].cpu().numpy(), cmap="gray_r", extent=(0, side, side, 0))
            if column:
                axis.imshow(maps[column - 1, row], cmap="inferno", alpha=0.6, extent=(0, side, side, 0), vmin=0)
            axis.set(xticks=[], yticks=[], title=f"layer {column}" if column else f"reads {trace.logits[row].argmax()}")
    return figure


def reliability_figure(bins: ReliabilityDiagram) -> Figure:
    """Draw a reliability diagram; the size of a dot shows the number of predictions."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes, has = figure.subplots(), bins.counts > 0
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--")
    sizes = 20 + 200 * (bins.counts[has] / bins.counts.sum()).sqrt()
    axes.scatter(bins.confidence[has].numpy(), bins.right[has].numpy(), sizes.numpy(), color="tab:orange")
    axes.set(xlabel="confidence", ylabel="share right", title=f"calibration error {bins.error:.2%}")
    return figure


def robustness_figure(curves: Mapping[str, Sequence[float]]) -> Figure:
    """Draw the accuracy against the amount of each change of `train.evaluation.robustness`."""
    figure = Figure(figsize=(3 * len(curves), 3), layout="constrained")
    for axes, (name, shares) in zip(figure.subplots(1, len(curves), sharey=True), curves.items(), strict=True):
        change = CHANGES[name]
        axes.plot(change.amounts, shares, marker="o", color="tab:orange")
        axes.set(title=change.title, xlabel=change.unit, ylim=(0, 1))
        axes.grid(alpha=0.3)
    return figure


def visible_patches_figure(curves: Mapping[str, Mapping[int, float]]) -> Figure:
    """Draw each model's accuracy against the share of visible patches; curves by number of patches."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axis = figure.subplots()
    for place, (name, curve) in enumerate(curves.items()):
        shares = [count / max(curve) for count in curve]
        axis.plot(shares, list(curve.values()), ".-", color=COLOURS[place % len(COLOURS)], label=name)
    axis.set(xlabel="share of visible patches", ylabel="test digits read right", ylim=(0, 1.02))
    axis.legend(loc="lower right")
    return figure
