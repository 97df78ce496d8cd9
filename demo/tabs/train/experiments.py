"""Experiments by name: trainings that start with one click, as settings of the tab's controls."""

from __future__ import annotations

from typing import Any

from demo.tabs.train.plan import NAMES, settings_of

BASE = "fast"
# What differs from the recipe. With a time limit, epochs and images follow from the speed of the machine.
EXPERIMENTS: dict[str, dict[str, Any]] = {
    "quick": {"seconds": 30},
    "few_images": {"per_class": 100, "epochs": 20},
    "never_a_7": {"without": [7], "seconds": 30},
    "no_positions": {"positions": "none", "seconds": 30},
    "least_data": {"epochs": 12},  # the visitor chooses `per_class`
}


def experiment_settings(name: object, per_class: object = None) -> tuple[Any, ...]:
    """Return the settings of an experiment in the order of `NAMES`, all of the recipe `BASE` but for what differs.

    Args:
        name: of the experiment.
        per_class: images of each digit, for `least_data`.

    Raises:
        ValueError: there is no such experiment.
    """
    if not isinstance(name, str) or name not in EXPERIMENTS:
        raise ValueError(f"there is no experiment {str(name)[:30]!r}")
    changes = EXPERIMENTS[name] | ({"per_class": per_class} if name == "least_data" else {})
    return tuple((dict(zip(NAMES, settings_of(BASE), strict=True)) | changes).values())
