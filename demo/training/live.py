"""What belongs to a training while it goes on: its tempo, its film, the latest frame, and settings that change."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from demo.training.pacing import Tempo
from demo.training.snapshots import Film, Frame, moments, taken
from train.config import AUGMENTATIONS, Recipe, TrainConfig, recipe
from train.data.dataset import Digits
from train.loop import check_change
from vit import VisionTransformer
from vit.validation import check_range

FRESH = 0.12  # seconds for which the latest frame is recent enough to be read
STRIP = 20  # test digits that are read along


@dataclass(frozen=True)
class Mark:
    """Something that the visitor changed after `step` steps."""

    step: int
    text: str


@dataclass
class Live:
    """A training as its visitor follows and steers it. It changes under the lock of `Jobs`.

    Attributes:
        recipe: what the training began with.
        config: the settings now; the training is sent them when they have changed.
        strength: of the augmentation, as a multiple of the recipe's; 0 for a recipe without any.
        taken_at: when the latest frame was copied, in seconds of the clock of `Jobs`.
        strip: a few test digits that are read along.
        held: seconds for which the visitor has held it.
        stands: whether it waits, having done what it was doing.
    """

    recipe: Recipe
    tempo: Tempo = field(default_factory=Tempo)
    film: Film | None = None
    latest: Frame | None = None
    taken_at: float = -1e9
    strip: Digits | None = None
    marks: list[Mark] = field(default_factory=list)
    held: float = 0.0
    stands: bool = False

    def __post_init__(self) -> None:
        self.config = self.recipe.training
        self.strength = float(self.config.augments)

    def begin(self, model: VisionTransformer, steps: int) -> None:
        """Keep the untrained model as the first frame."""
        weights = sum(weight.numel() for weight in model.parameters())
        self.film = Film(moments(steps, weights))
        self.film.offer(0, model)
        self.latest = taken(0, model)

    def see(self, step: int, model: VisionTransformer, now: float, last: bool = False) -> None:
        """Copy the model when that is due; nobody else may change its weights meanwhile."""
        if self.film:
            self.film.offer(step, model, last)
        if last or self.tempo.holds or now - self.taken_at > FRESH:
            self.latest, self.taken_at = taken(step, model), now

    def change(self, wishes: dict[str, Any], step: int) -> None:
        """Take other settings from the next step on: those of `train.loop.CHANGEABLE`.

        And `augmentation`, a strength in [0, 3] for all its amounts.

        Raises:
            ValueError: a setting that cannot change while a model trains, or not to this; nothing has changed then.
        """
        wishes = dict(wishes)
        strength = wishes.pop("augmentation", self.strength)
        check_range("augmentation", strength, 0, 3)
        known = [one.name for one in fields(TrainConfig)]
        for name in wishes:
            if name not in known:
                raise ValueError(f"{str(name)[:30]} cannot change while a model trains; start anew to change it")
        amounts = augmentation(self.recipe.training, strength) if strength != self.strength else {}
        config = replace(self.config, **(amounts | wishes))
        check_change(self.config, config)
        told = [f"{name} {getattr(self.config, name):.3g} → {wish:.3g}" for name, wish in wishes.items()]
        if strength != self.strength:
            told.append(f"augmentation {self.strength:.3g} → {strength:.3g}")
        if config != self.config:
            self.marks.append(Mark(step, ", ".join(told)))
        self.config, self.strength = config, strength

    @property
    def since(self) -> int:
        """The step after which the settings have been as they are."""
        return self.marks[-1].step if self.marks else 0

    @property
    def settings(self) -> dict[str, float]:
        """The settings that may change, as they are now."""
        return {"lr": self.config.lr, "weight_decay": self.config.weight_decay, "augmentation": self.strength}


def augmentation(config: TrainConfig, strength: float) -> dict[str, float]:
    """Return a recipe's amounts of augmentation times `strength`; for a recipe without any, those of `fast`."""
    base = config if config.augments else recipe("fast").training
    return {name: min(strength * getattr(base, name), most) for name, most in AUGMENTATIONS.items()}
