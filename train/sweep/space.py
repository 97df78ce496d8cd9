"""The TOML file of a sweep: which settings of a recipe are searched, and how.

docs/training.md explains the file; docs/sweep.toml is an example.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, replace
from pathlib import Path
from typing import Any

from train.config import Recipe, TrainConfig, recipe
from train.recipe_flags import FIXED_FLAGS, MODEL_FLAGS, TRAINING_FLAGS, apply_flags
from vit.config import ViTConfig, check_whole
from vit.validation import check_choice

SAMPLERS = ("tpe", "gp", "random")
MAX_TRIALS = 100_000
# They choose the data or the held-out digits, or how long a trial lasts: trials that differ in them cannot be compared.
NOT_SEARCHED = {"epochs", *FIXED_FLAGS} - {"optimizer"}
FIELDS: dict[str, Field[Any]] = {
    field.name: field
    for field in (*fields(ViTConfig), *fields(TrainConfig))
    if field.name in MODEL_FLAGS + TRAINING_FLAGS
}

Value = str | int | float


@dataclass(frozen=True)
class Setting:
    """The values of one setting that a sweep may try: a range, or a choice.

    Attributes:
        low, high: ends of the range, both included; integers for a setting of integers.
        log: whether the logarithm is uniform over the range, and not the value.
        choice: the values to choose from; empty for a range.
    """

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choice: tuple[Value, ...] = ()

    @property
    def examples(self) -> tuple[Value, ...]:
        """The values of a choice, or both ends of a range."""
        return self.choice or (self.low, self.high)


@dataclass(frozen=True)
class Space:
    """A sweep: a recipe, the settings that are searched, and how.

    Attributes:
        base: the recipe; it has the settings that are not searched.
        settings: what is searched, by the names of the fields.
        trials: number of trainings.
        sampler: Optuna's sampler, which chooses the values.
        seed: of the sampler; the seed of the trainings is a part of the recipe.
        grace_epochs: epochs that each trial gets before ASHA may stop it.
        reduction_factor: ASHA goes on with one of this many trials.
    """

    base: Recipe
    settings: Mapping[str, Setting]
    trials: int
    sampler: str = "tpe"
    seed: int = 0
    grace_epochs: int = 1
    reduction_factor: int = 3

    def __post_init__(self) -> None:
        if not self.settings:
            raise ValueError("space must name at least one setting to search, got none")
        check_choice("sampler", self.sampler, SAMPLERS)
        check_whole("trials", self.trials, 1, MAX_TRIALS)
        check_whole("seed", self.seed)
        check_whole("grace_epochs", self.grace_epochs, 1, self.base.training.epochs)
        check_whole("reduction_factor", self.reduction_factor, 2)
        check_whole("val_size", self.base.training.val_size, 1)
        if self.base.training.distill:
            raise ValueError(f"distill must be 0 in a sweep, which has no teachers, got {self.base.training.distill}")

    def recipe(self, values: Mapping[str, Value]) -> Recipe:
        """Return the recipe of a trial; a `ValueError` names values that do not go together."""
        return with_values(self.base, values)


def with_values(base: Recipe, values: Mapping[str, Any]) -> Recipe:
    """Return a recipe with other values of some fields; errors as in `apply_flags`."""
    return apply_flags(base, Namespace(**(dict.fromkeys(FIELDS) | dict(values))))


def read(path: Path) -> Space:
    """Read the file of a sweep.

    Raises:
        ValueError: it cannot be read, is no TOML, or not as docs/training.md describes it; the message says what.
    """
    import tomli  # noqa: PLC0415 (not among the requirements of the run time)

    try:
        return parse(tomli.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # also tomli's and that of a text that is no UTF-8
        raise ValueError(f"{path}: {error}") from None


def parse(content: Mapping[str, Any]) -> Space:
    """Build a sweep from the content of its file; errors as in `read`, without the file's name."""
    known = {"recipe", "fixed", "space", *(field.name for field in fields(Space))} - {"base", "settings"}
    for name in content:
        check_choice("entry", name, tuple(sorted(known)))
    if "trials" not in content:
        raise ValueError("trials must be there: the number of trainings")
    fixed, searched = (table(content, name) for name in ("fixed", "space"))
    for name in fixed:
        check_choice("setting in fixed", name, tuple(FIELDS))
    fixed = {name: tuple(value) if isinstance(value, list) else value for name, value in fixed.items()}
    base = with_values(recipe(content.get("recipe", "fast")), fixed)
    settings = {name: setting(name, entry) for name, entry in searched.items()}
    check_training(base, settings)
    rest = {name: value for name, value in content.items() if name not in ("recipe", "fixed", "space")}
    return Space(base, settings, **rest)


def table(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table of the file, empty if it is missing."""
    found = content.get(name, {})
    if not isinstance(found, dict):
        raise ValueError(f"{name} must be a table, [{name}], got {found!r}")
    return found


def setting(name: str, entry: Any) -> Setting:
    """Build a setting from its entry, `{ low, high, log }` or `{ choice }`; errors as in `read`."""
    check_choice("setting in space", name, tuple(one for one in FIELDS if one not in NOT_SEARCHED))
    kind, given = type(FIELDS[name].default), set(entry) if isinstance(entry, dict) else set()
    if given == {"choice"} and isinstance(entry["choice"], list) and entry["choice"]:
        return Setting(choice=tuple(typed(name, value, kind) for value in entry["choice"]))
    if kind is str or not {"low", "high"} <= given <= {"low", "high", "log"}:
        form = "{ choice = [...] }" if kind is str else "{ low = ..., high = ..., log = true } or { choice = [...] }"
        raise ValueError(f"{name} must be {form}, got {entry!r}")
    low, high, log = typed(name, entry["low"], kind), typed(name, entry["high"], kind), entry.get("log", False)
    if not low < high or not isinstance(log, bool) or (log and low <= 0):
        raise ValueError(f"{name} must go from low to a larger high, above 0 if log is true, got {entry!r}")
    return Setting(low, high, log)


def typed(name: str, value: Any, kind: type) -> Any:
    """Check the type of a value, and return it; an integer also stands for a float."""
    if type(value) is kind or (kind is float and type(value) is int):
        return kind(value)
    raise ValueError(f"{name} must have values of the type {kind.__name__}, got {value!r}")


def check_training(base: Recipe, settings: Mapping[str, Setting]) -> None:
    """Raise a `ValueError` where a value of the training is not allowed. Those of the model depend on each other."""
    for name, searched in settings.items():
        for value in searched.examples if name in TRAINING_FLAGS else ():
            replace(base.training, **{name: value})
