"""The command line that repeats a training."""

from __future__ import annotations

import shlex
from dataclasses import fields

from train.config import RECIPES, Recipe


def command(recipe: Recipe) -> str:
    """Return the call of `python -m train` for a recipe: the nearest named recipe, and a flag for each difference."""
    name = nearest(recipe)
    words = ["python", "-m", "train", "--recipe", name]
    for field, value in differences(RECIPES[name], recipe).items():
        words += [f"--{field.replace('_', '-')}", *(map(str, value) if isinstance(value, tuple) else [str(value)])]
    return shlex.join(words)


def nearest(recipe: Recipe) -> str:
    """Return the name of the recipe with the fewest differences."""
    return min(RECIPES, key=lambda name: len(differences(RECIPES[name], recipe)))


def differences(base: Recipe, recipe: Recipe) -> dict[str, object]:
    """Return the fields of `recipe` that differ from `base`, without those that follow from the data set."""
    if base.model.num_classes != recipe.model.num_classes:
        base = Recipe(base.model, recipe.training).with_classes()
    changed: dict[str, object] = {}
    for ours, theirs in ((recipe.model, base.model), (recipe.training, base.training)):
        pairs = ((field.name, getattr(ours, field.name), getattr(theirs, field.name)) for field in fields(ours))
        changed |= {name: value for name, value, other in pairs if value != other}
    return changed
