"""List of a visitor's trainings: what each was, how accurate it is, and how two of them read one drawing."""

from __future__ import annotations

from demo import serialize
from demo.requests import Payload, Reader, errors_as_answers
from demo.tabs.train.plan import TITLES
from demo.training.training_queue import Jobs
from train.config import RECIPES, Recipe
from train.recipe_command import command, differences

MAX_RUNS = 32  # that are listed
MAX_POINTS = 60  # of each curve


class History:
    """Requests of the list. Every caller who knows the id of a training may see it."""

    def __init__(self, reader: Reader, jobs: Jobs) -> None:
        self.reader, self.jobs = reader, jobs

    @errors_as_answers
    def list(self, payload: Payload) -> Payload:
        """Answer with the trainings `jobs` in the same order, as `runs`; None for one that has expired."""
        asked = payload.get("jobs") if isinstance(payload, dict) else None
        if not isinstance(asked, list) or len(asked) > MAX_RUNS:
            raise ValueError(f"expected at most {MAX_RUNS} ids of trainings")
        return {"runs": [self._run(job) if isinstance(job, str) else None for job in asked]}

    @errors_as_answers
    def forget(self, payload: Payload) -> Payload:
        """Stop the training `job`, and delete it with its model."""
        job = payload.get("job") if isinstance(payload, dict) else None
        if isinstance(job, str):
            self.jobs.forget(job)
        return {"forgotten": True}

    @errors_as_answers
    def compare(self, payload: Payload) -> Payload:
        """Read the drawing with one to four `models`; answer with `readings` in their order.

        Each has `probs`, `digit`, the `names` of the classes, and `attention` (L, h, N).
        """
        image = self.reader.image(payload)
        tokens = payload.get("models")
        if not isinstance(tokens, list) or not 1 <= len(tokens) <= 4:
            raise ValueError("expected one to four models")
        readings = []
        for loaded in map(self.reader.loaded, tokens):
            trace, prediction = loaded.read(image)
            attention = serialize.pack(trace.answer_attention[:, 0], "u16")
            names = loaded.model.config.class_names
            reading = {"probs": prediction.probs, "digit": prediction.digit, "names": names, "attention": attention}
            readings.append(reading)
        return {"readings": readings}

    def _run(self, job: str) -> Payload | None:
        """Pack a training with its recipe in words; None if it has expired."""
        state, origin = self.jobs.state(job), self.jobs.origin(job)
        return state.pack(MAX_POINTS) | recipe_words(*origin) if state and origin else None


def recipe_words(summary: str, recipe: Recipe | None) -> Payload:
    """Describe how a model was trained.

    Returns:
        `recipe`, the title of the nearest recipe of the tab; `differences` from it; and `command`, which repeats the
        training. A model without a recipe has its `summary` alone.
    """
    if recipe is None:
        return {"recipe": summary, "differences": "", "command": ""}
    differs = {name: differences(RECIPES[name], recipe) for name in TITLES}
    nearest = min(TITLES, key=lambda name: len(differs[name]))
    words = [setting_words(name, value, recipe) for name, value in differs[nearest].items()]
    return {"recipe": TITLES[nearest], "differences": ", ".join(words), "command": command(recipe)}


def setting_words(name: str, value: object, recipe: Recipe) -> str:
    """Describe a setting of a recipe in words: `49 patches`, `depth 2`."""
    return f"{recipe.model.num_patches} patches" if name == "patch_size" else f"{name} {value}"
