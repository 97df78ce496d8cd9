"""What a sweep found: a table of its trials, the best first, and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from train.cli import grid
from train.score import wilson
from train.sweep.search import Trial
from train.sweep.space import Setting, Space, Value
from vit.files import replacing

COLUMNS = 4  # of the picture
FINISHED, STOPPED, BEST = "#0072B2", "#D55E00", "#009E73"  # Okabe and Ito's, which colour-blind people can distinguish


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Sort trials: the most held-out digits first, then the lower loss, then those with a problem."""
    return sorted(trials, key=lambda one: (bool(one.problem), -one.accuracy, one.loss or 0.0))


def best(trials: Sequence[Trial]) -> Trial:
    """Return the best trial.

    Raises:
        ValueError: none has learned an epoch.
    """
    first = next(iter(ranked(trials)), None)
    if first is None or first.problem or not first.epoch:
        reason = first.problem if first else ""
        raise ValueError("no trial has learned an epoch" + (f": {reason}" if reason else ""))
    return first


def table(space: Space, trials: Sequence[Trial]) -> str:
    """Table of all trials in Markdown, the best first."""
    head = ["held-out digits", "loss", "epochs", *space.settings, "run", "note"]
    return grid(head, (cells(space, one) for one in ranked(trials)))


def cells(space: Space, trial: Trial) -> list[str]:
    """Cells of a trial, in the order of the table's head."""
    values = [shown(trial.values[name]) for name in space.settings]
    if trial.problem:
        return ["", "", str(trial.epoch), *values, trial.folder.name, trial.problem]
    low, high = wilson(trial.accuracy, space.base.training.val_size)
    loss = "" if trial.loss is None else f"{trial.loss:.4f}"
    score = f"{trial.accuracy:.2%} ({low:.2%} to {high:.2%})"
    note = "" if trial.epoch == space.base.training.epochs else "stopped early"
    return [score, loss, str(trial.epoch), *values, trial.folder.name, note]


def shown(value: Value) -> str:
    """Write a value in a few digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def save_picture(space: Space, trials: Sequence[Trial], path: Path) -> None:
    """Draw the held-out accuracy against each setting; a dot is a trial, and the star is the best."""
    columns = min(COLUMNS, len(space.settings))
    rows = -(-len(space.settings) // columns)
    figure = Figure(figsize=(3.2 * columns, 0.6 + 2.8 * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, sharey=True, squeeze=False).flat)
    learned = [one for one in trials if one.epoch and not one.problem]
    for axes, (name, setting) in zip(panels, space.settings.items(), strict=False):
        draw(axes, name, setting, learned, space.base.training.epochs)
    for axes in panels[len(space.settings) :]:
        axes.set_visible(False)
    figure.supylabel("held-out digits read right")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    with replacing(path) as partial:
        figure.savefig(partial, format=path.suffix[1:], dpi=110)


def draw(axes, name: str, setting: Setting, trials: Sequence[Trial], epochs: int) -> None:
    """Draw one setting; dots without filling are trials that were stopped early."""
    places = positions(setting, trials, name)
    groups: Mapping[str, tuple[bool, str]] = {"all epochs": (True, FINISHED), "stopped early": (False, STOPPED)}
    for label, (whole, colour) in groups.items():
        chosen = [i for i, one in enumerate(trials) if (one.epoch == epochs) == whole]
        x, y = [places[i] for i in chosen], [trials[i].accuracy for i in chosen]
        axes.scatter(x, y, 28, colour if whole else "none", edgecolors=colour, label=label)
    first = trials.index(best(trials))
    axes.scatter([places[first]], [trials[first].accuracy], 160, BEST, marker="*", zorder=3, label="best")
    axes.set_xlabel(name.replace("_", " "))
    scale(axes, setting)
    axes.grid(alpha=0.3)


def scale(axes, setting: Setting) -> None:
    """Give the axis of a setting its scale and its numbers."""
    if setting.choice:
        axes.set_xticks(range(len(setting.choice)), [str(value) for value in setting.choice])
        axes.set_xlim(-0.5, len(setting.choice) - 0.5)
    elif setting.log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=isinstance(setting.low, int)))


def positions(setting: Setting, trials: Sequence[Trial], name: str) -> list[float]:
    """Return the place of each trial along the axis of a setting; the values of a choice lie side by side."""
    values = [trial.values[name] for trial in trials]
    return [setting.choice.index(value) if setting.choice else float(value) for value in values]
