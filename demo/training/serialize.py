"""Training state as the page gets it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from demo.training.curves import Point
from demo.training.job import View


def training(view: View) -> dict[str, Any]:
    """Pack a training as the page draws it.

    `train` and `val` are rows of step, loss (nats) and accuracy (share); the former go on with learning rate and length
    of the gradient. `marks` are rows of step and text.
    """
    names = (
        "id",
        "state",
        "message",
        "progress",
        "seconds_left",
        "step",
        "steps",
        "epoch",
        "epochs",
        "test_accuracy",
        "can_use",
        "learning",
        "paused",
        "slow",
        "settings",
    )
    points = {"train": view.curves.train, "val": view.curves.val}
    rows = {name: [rounded(point) for point in part] for name, part in points.items()}
    rows["val"] = [row[:3] for row in rows["val"]]
    more = {"pace": round(view.pace, 1), "marks": [[mark.step, mark.text] for mark in view.marks]}
    more["names"] = list(view.names)
    more["findings"] = [asdict(finding) for finding in view.findings]
    return {name: getattr(view, name) for name in names} | rows | more


def rounded(point: Point) -> list[float]:
    """Return a point of a curve as a row, with as many digits as can be seen."""
    step, loss, accuracy, lr, gradient = point
    return [step, round(loss, 4), round(accuracy, 5), float(f"{lr:.4g}"), float(f"{gradient:.4g}")]
