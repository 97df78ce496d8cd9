"""The command line that repeats a training."""

from __future__ import annotations

import shlex
from dataclasses import fields

from train.config import RECIPES, Recipe


def command(recipe: Recipe) -> str:
    """Return a call of `python -m train` for `recipe`: the named one that is nearest, and flags for what differs."""
    name = nearest(recipe)
    words = ["python", "-m", "train", "--recipe", name]
    for field, value in differences(RECIPES[name], recipe).items():
        words += [f"--{field.replace('_', '-')}", *(map(str, value) if isinstance(value, tuple) else [str(value)])]
    return shlex.join(words)


def nearest(recipe: Recipe) -> str:
    """Return the name of the recipe from which this one differs least."""
    return min(RECIPES, key=lambda name: len(differences(RECIPES[name], recipe)))


def differences(base: Recipe, recipe: Recipe) -> dict[str, object]:
    """Return what a recipe has that another has not, by the names of fields; what its data set fixes is left out."""
    base = Recipe(base.model, recipe.training).fitted() if base.model.num_classes != recipe.model.num_classes else base
    found = {}
    for ours, theirs in ((recipe.model, base.model), (recipe.training, base.training)):
        pairs = ((field.name, getattr(ours, field.name), getattr(theirs, field.name)) for field in fields(ours))
        found |= {name: value for name, value, other in pairs if value != other}
    return found
