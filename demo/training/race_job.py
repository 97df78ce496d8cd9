"""Race: a job that trains a ViT, a CNN and an MLP in turns on the same batches, and what is recorded of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from demo.training.job import Job
from train.config import Recipe, recipe
from train.data.dataset import Digits
from train.evaluation.robustness import sample_digits
from train.events import Event, Step
from train.families.changes import accuracies
from train.families.network import Classifier
from train.families.race import race_training
from train.score import evaluate

RACE_SECONDS = 120.0  # of training, all three networks together: four times what it takes on an idle core
RACE_IMAGES = 40_000  # one pass over them
RACE = Recipe(recipe("fast").model, race_training(epochs=1, val_size=500))
COPY_SECONDS = 0.5  # least time between two copies that read the drawing
MEASURE_SECONDS = 2.0  # least time between two points of the curves
TEST_DIGITS = 1000


class RacePoint(NamedTuple):
    """Accuracy in [0, 1] on the held-out digits after `step` steps and `seconds` of a network's own training."""

    step: int
    seconds: float
    accuracy: float


@dataclass(eq=False)
class RaceJob(Job):
    """A race. It changes under the lock of `Jobs`; its dictionaries are replaced and never changed.

    Attributes:
        race_seconds: time limit: seconds of training, all networks together.
        networks: the newest copies, in evaluation mode, by name.
        curves: points of each network, in order.
        results: of each network on test digits, by change (`train.families.changes.CHANGES`); empty before the end.
        last: the last events, by name.
    """

    race_seconds: float = RACE_SECONDS
    networks: Mapping[str, Classifier] = field(default_factory=dict)
    curves: Mapping[str, tuple[RacePoint, ...]] = field(default_factory=dict)
    results: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    last: Mapping[str, Event] = field(default_factory=dict)
    copied_at: float = -1e9
    measured_at: float = -1e9

    def measure(
        self, events: Mapping[str, Event], models: Mapping[str, Classifier], val_set: Digits, now: float | None
    ) -> dict[str, RacePoint]:
        """Copy the networks and measure their accuracy if that is due, as always for None; return the new points.

        Called by the thread that trains, without the lock. `now` is in seconds of the clock of `Jobs`.
        """
        if now is None or now - self.copied_at >= COPY_SECONDS:
            self.networks = {name: still(model) for name, model in models.items()}
            self.copied_at = now or self.copied_at
        if now is not None and now - self.measured_at < MEASURE_SECONDS:
            return {}
        self.measured_at = now or self.measured_at
        return {
            name: RacePoint(event.step, event.seconds, evaluate(models[name], val_set).accuracy)
            for name, event in events.items()
        }

    def record_race(self, events: Mapping[str, Event], points: Mapping[str, RacePoint]) -> None:
        """Record the events of one step, and new points of the curves."""
        self.last = events
        self.step = max((event.step for event in events.values()), default=0)
        self.seconds = sum(event.seconds for event in events.values())
        self.epoch = max((event.epoch for event in events.values() if isinstance(event, Step)), default=self.epoch)
        self.note = "All three learn from the same batches."
        if points:
            self.curves = {name: (*self.curves.get(name, ()), point) for name, point in points.items()}

    @property
    def is_over(self) -> bool:
        """Whether its time is over, or all its steps are done."""
        return self.seconds >= self.race_seconds or 0 < self.steps <= self.step

    def test(self, models: Mapping[str, Classifier], test_set: Digits) -> dict[str, dict[str, float]]:
        """Accuracy of each network on test digits, as they are and changed."""
        digits = sample_digits(test_set, TEST_DIGITS)
        return {name: accuracies(model, digits) for name, model in models.items()}

    def finished_message(self) -> str:
        return "The race is over."

    def pack(self) -> dict[str, Any]:
        """Serialise for the browser, without the networks."""
        networks = [
            {
                "name": name,
                "weights": network.num_params,
                "points": [
                    [step, round(seconds, 2), round(share, 4)] for step, seconds, share in self.curves.get(name, ())
                ],
                "results": dict(self.results.get(name, {})),
            }
            for name, network in self.networks.items()
        ]
        progress = min(max(self.seconds / self.race_seconds, self.step / max(self.steps, 1)), 1.0)
        return {"state": self.state, "progress": round(progress, 3), "step": self.step, "networks": networks}


def still(model: Classifier) -> Classifier:
    """Return a copy in evaluation mode, without gradients."""
    return copy.deepcopy(model).eval().requires_grad_(False)
