"""Sentences about a training for its visitor."""

from __future__ import annotations

from collections.abc import Sequence

from train.config import Recipe

GUESSING = 2.0  # times the accuracy of guessing: a model with less has learned almost nothing
LOW = 0.8  # a lower accuracy is called low
FEW_IMAGES = 200  # of each class


def count(number: int, noun: str) -> str:
    """Count in words: `1 step`, `812 steps`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def waiting_message(ahead: int) -> str:
    """Tell a visitor how many trainings are ahead."""
    if ahead == 0:
        return "Waiting: yours is next."
    return f"Waiting: {count(ahead, 'training')} {'is' if ahead == 1 else 'are'} ahead of yours."


def sentence(text: str) -> str:
    """Return the first line of an error's text as a sentence."""
    line = text.strip().split("\n")[0]
    return f"{line[:1].upper()}{line[1:].rstrip('.')}."


def accuracy_message(accuracy: float, classes: int, images: str = "validation images") -> str:
    """Say how accurate a model is: `it reads 97.2 % of the validation images right`."""
    low = "only " if accuracy < max(LOW, GUESSING / classes) else ""
    guess = f"; guessing alone gives {100 / classes:.0f} %" if accuracy < GUESSING / classes else ""
    return f"it reads {low}{100 * accuracy:.1f} % of the {images} right{guess}"


def look_for(recipe: Recipe) -> str:
    """Say what to try with the trained model of a recipe; "" for an ordinary recipe."""
    missing = [recipe.model.class_names[label] for label in recipe.training.without]
    if missing:
        return f"Now draw {one_of(missing)}: it was never shown {'one' if len(missing) == 1 else 'these'}."
    if recipe.model.positions == "none":
        return (
            "Let it read, then open What if and shuffle all patches: its answer stays the same, because it does not "
            "know where a patch lies."
        )
    if 0 < recipe.training.per_class <= FEW_IMAGES:
        return "Let it read, then draw digits in an unusual way: it knows only few."
    return ""


def one_of(names: Sequence[str]) -> str:
    """Name classes with `or` and their article: `a 7`, `an 8 or a 9`, `Sneaker`."""
    words = [name if len(name) > 1 else f"{'an' if name == '8' else 'a'} {name}" for name in names]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
