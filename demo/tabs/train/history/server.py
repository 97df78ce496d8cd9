"""A visitor's trainings side by side: what each was, how well it reads, and how two of them read one drawing."""

from __future__ import annotations

from collections.abc import Sequence

from demo import serialize
from demo.requests import Payload, Reader, answered
from demo.tabs.train.plan import TITLES
from demo.training.curves import Point
from demo.training.job import View
from demo.training.jobs import Jobs
from train.config import RECIPES, Recipe
from train.recipe_command import command, differences
from train.score import wilson

MOST = 32  # trainings of one visitor that are listed
POINTS = 60  # of each curve


class Runs:
    """Answer the list's requests; whoever knows the id of a training may see it."""

    def __init__(self, reader: Reader, jobs: Jobs) -> None:
        self.reader, self.jobs = reader, jobs

    @answered
    def list(self, payload: Payload) -> Payload:
        """Answer with what is known of the trainings named in `jobs`, in their order; of one that is gone, None."""
        asked = payload.get("jobs") if isinstance(payload, dict) else None
        if not isinstance(asked, list) or len(asked) > MOST:
            raise ValueError(f"expected at most {MOST} ids of trainings")
        return {"runs": [self._told(job) if isinstance(job, str) else None for job in asked]}

    @answered
    def forget(self, payload: Payload) -> Payload:
        """Stop the training `job` if it still runs, and forget it and its model."""
        job = payload.get("job") if isinstance(payload, dict) else None
        if isinstance(job, str):
            self.jobs.forget(job)
        return {"forgotten": True}

    @answered
    def compare(self, payload: Payload) -> Payload:
        """Answer with how the models `models`, two or so, read the drawing: `probs` and where they look, each."""
        image = self.reader.image(payload)
        tokens = payload.get("models")
        if not isinstance(tokens, list) or not 1 <= len(tokens) <= 4:
            raise ValueError("expected one to four models")
        read = []
        for loaded in map(self.reader.loaded, tokens):
            trace, prediction = loaded.read(image)
            looks = serialize.pack(trace.answer_attention[:, 0], "u16")
            names = loaded.model.config.class_names
            read.append({"probs": prediction.probs, "digit": prediction.digit, "names": names, "looks": looks})
        return {"read": read}

    def _told(self, job: str) -> Payload | None:
        view, made = self.jobs.view(job), self.jobs.made(job)
        if view is None or made is None:
            return None
        names = ("id", "state", "message", "step", "steps", "epoch", "epochs", "can_use", "test_accuracy")
        curves = {"train": thin(view.curves.train), "val": thin(view.curves.val)}
        return (
            {name: getattr(view, name) for name in names} | curves | recipe_words(*made) | {"interval": interval(view)}
        )


def recipe_words(summary: str, recipe: Recipe | None) -> Payload:
    """Describe how a model was trained.

    Returns:
        `recipe`, the title of the nearest recipe of the tab; `what`, how this one differs from it; and `command`, which
        repeats the training. A model without a recipe has its `summary` alone.
    """
    if recipe is None:
        return {"recipe": summary, "what": "", "command": ""}
    differs = {name: differences(RECIPES[name], recipe) for name in TITLES}
    nearest = min(TITLES, key=lambda name: len(differs[name]))
    words = [setting_words(name, value, recipe) for name, value in differs[nearest].items()]
    return {"recipe": TITLES[nearest], "what": ", ".join(words), "command": command(recipe)}


def setting_words(name: str, value: object, recipe: Recipe) -> str:
    """Describe a setting of a recipe in words: `49 patches`, `depth 2`."""
    return f"{recipe.model.num_patches} patches" if name == "patch_size" else f"{name} {value}"


def interval(view: View) -> list[float] | None:
    """Return the 95 % interval of the accuracy on the test digits, None before they were read."""
    return None if view.test_accuracy is None else list(wilson(view.test_accuracy, view.test_images))


def thin(points: Sequence[Point]) -> list[list[float]]:
    """Return at most POINTS points of a curve as rows of step, loss and accuracy, evenly, the last among them."""
    every = max(1, -(-len(points) // POINTS))
    return [[at, round(loss, 4), round(share, 5)] for at, loss, share, *_ in points[::-1][::every][::-1]]
