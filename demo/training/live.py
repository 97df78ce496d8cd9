"""Live training: what a visitor follows and controls while it runs (pacing, weight snapshots, settings)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from demo.training.pacing import Pacing
from demo.training.snapshots import Snapshot, WeightSnapshots, snapshot_steps, take_snapshot
from demo.training.state import Mark
from train.config import AUGMENTATIONS, Recipe, TrainConfig, recipe
from train.data.dataset import Digits
from train.loop import check_change
from vit import VisionTransformer
from vit.validation import check_range

FRESH_SECONDS = 0.12  # least time between two copies for the latest snapshot
TEST_DIGITS = 20  # test digits that each snapshot reads


@dataclass
class Live:
    """A training as its visitor follows and controls it. It changes under the lock of `Jobs`.

    Attributes:
        recipe: recipe at the start.
        config: settings now; the training gets them when they have changed.
        strength: strength of the augmentation, as a multiple of the recipe's; 0 for a recipe without augmentation.
        latest: newest copy of the weights.
        latest_at: time of that copy, in seconds of the clock of `Jobs`.
        test_digits: a few test digits that each snapshot reads.
        marks: changes of the settings.
        paused_seconds: seconds for which the visitor has paused or slowed it so far.
        paused: whether it waits for the visitor, with its last step complete.
    """

    recipe: Recipe
    pacing: Pacing = field(default_factory=Pacing)
    snapshots: WeightSnapshots = field(default_factory=WeightSnapshots)
    latest: Snapshot | None = None
    latest_at: float = -1e9
    test_digits: Digits | None = None
    marks: list[Mark] = field(default_factory=list)
    paused_seconds: float = 0.0
    paused: bool = False

    def __post_init__(self) -> None:
        self.config = self.recipe.training
        self.strength = float(self.config.augments)

    def start(self, model: VisionTransformer, steps: int, test_digits: Digits) -> None:
        """Copy the untrained model as the first snapshot."""
        weights = sum(weight.numel() for weight in model.parameters())
        self.snapshots = WeightSnapshots(snapshot_steps(steps, weights))
        self.snapshots.add_if_due(0, model)
        self.latest = take_snapshot(0, model)
        self.test_digits = test_digits

    def capture(self, step: int, model: VisionTransformer, now: float, last: bool = False) -> None:
        """Copy the model after `step` if a copy is due; no other thread may change its weights meanwhile.

        Args:
            now: seconds of the clock of `Jobs`.
            last: whether this was the last step.
        """
        self.snapshots.add_if_due(step, model, last)
        if last or self.pacing.delays or now - self.latest_at > FRESH_SECONDS:
            self.latest, self.latest_at = take_snapshot(step, model), now

    def change(self, settings: dict[str, Any], step: int) -> None:
        """Change settings from the next step on: those of `train.loop.CHANGEABLE`.

        `augmentation` is a strength in [0, 3] for all amounts of augmentation.

        Raises:
            ValueError: a setting cannot change while a model trains, or not to this value; nothing has changed then.
        """
        settings = dict(settings)
        strength = settings.pop("augmentation", self.strength)
        check_range("augmentation", strength, 0, 3)
        for name in settings.keys() - {setting.name for setting in fields(TrainConfig)}:
            raise ValueError(f"{str(name)[:30]} cannot change while a model trains; start a new training to change it")
        amounts = augmentation(self.recipe.training, strength) if strength != self.strength else {}
        config = replace(self.config, **(amounts | settings))
        check_change(self.config, config)
        if config != self.config:
            self.marks.append(Mark(step, self._change_words(settings, strength)))
        self.config, self.strength = config, strength

    def _change_words(self, settings: dict[str, Any], strength: float) -> str:
        """Describe a change of settings: `lr 0.02 → 0.01`."""
        words = [f"{name} {getattr(self.config, name):.3g} → {value:.3g}" for name, value in settings.items()]
        if strength != self.strength:
            words.append(f"augmentation {self.strength:.3g} → {strength:.3g}")
        return ", ".join(words)

    @property
    def changed_at(self) -> int:
        """The step after which the settings last changed, 0 if never."""
        return self.marks[-1].step if self.marks else 0

    @property
    def settings(self) -> dict[str, float]:
        """The settings that may change, as they are now."""
        return {"lr": self.config.lr, "weight_decay": self.config.weight_decay, "augmentation": self.strength}


def augmentation(config: TrainConfig, strength: float) -> dict[str, float]:
    """Scale a recipe's amounts of augmentation by `strength`; a recipe without any uses those of `fast`."""
    base = config if config.augments else recipe("fast").training
    return {name: min(strength * getattr(base, name), most) for name, most in AUGMENTATIONS.items()}
