"""Why a drawing is read as it is: maps at once, then the exact answer that they are measured by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import isfinite
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from demo import serialize
from demo.models import LoadedModel
from demo.requests import Payload, Reader, answered, asked_for
from demo.tabs.why.tables import Tables
from vit.explain.coalitions import MAX_MASKABLE, read_all
from vit.explain.decisive_sets import patches_in, smallest_flip, smallest_sufficient
from vit.explain.faithfulness import Faithfulness, FaithfulnessScale, faithfulness_scale
from vit.explain.gradient import completeness_gap
from vit.explain.masking import MaskedModel, log_odds
from vit.explain.methods import METHODS, VALUES
from vit.explain.shapley import estimate, interactions

QUICK = [key for key in METHODS if key not in VALUES]  # the approximate ones, within some milliseconds
KEPT = 64  # questions, whose approximate maps are not made again
PAIRS = 24  # of orders, where there are too many patches for a table


def described() -> list[dict[str, Any]]:
    """Return what the page tells of each method."""
    return [
        {
            "key": key,
            "title": method.title,
            "claim": method.claim,
            "signed": method.signed,
            "asks": method.asks_for_target,
            "quick": key in QUICK,
            "mask_mode": VALUES.get(key),
        }
        for key, method in METHODS.items()
    ]


@dataclass(frozen=True)
class Made:
    """A map (G, G) of a method, and the milliseconds that it took."""

    values: Tensor
    ms: float


@dataclass(frozen=True)
class Question:
    """Why does `loaded` say what it says of an image (1, H, W) in [0, 1] about the digit `target`?"""

    loaded: LoadedModel
    image: Tensor
    target: int
    name: tuple[str, bytes]  # of the image and the model, whatever the target
    made: dict[str, Made]  # the maps that were asked for before

    def masked(self, mask_mode: str) -> MaskedModel:
        """Return the question as a masked model of the image's patches."""
        return MaskedModel(self.loaded.model, self.image, mask_mode)

    def map(self, key: str) -> Made:
        """Return the map of a method, which is made once."""
        if key not in self.made:
            start = perf_counter()
            values = METHODS[key].ask(self.loaded.model, self.image, self.target)
            self.made[key] = Made(values, round(1000 * (perf_counter() - start), 1))
        return self.made[key]

    def gap(self) -> float:
        """Return what integrated gradients lack of the difference that they should add up to, in logits."""
        values = self.map("integrated_gradients").values
        return completeness_gap(self.loaded.model, self.image, self.target, values)


class Explainer:
    """Answer the tab's questions about drawings, each for the predicted digit or any other."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.tables = Tables()
        self._made = lru_cache(KEPT)(made_so_far)

    def maps(self, payload: Payload) -> Payload:
        """Answer with the approximate methods' maps and what each took, or `error` with one sentence."""
        return self._answer(payload, quick_maps)

    def erased(self, payload: Payload) -> Payload:
        """Answer with what each patch's ink is worth, or `error` with one sentence."""
        return self._answer(payload, erased)

    def unseen(self, payload: Payload) -> Payload:
        """Answer with how far the table of all subsets is (`done`, `of`), and once it is, what seeing is worth."""
        return self._answer(payload, self.unseen_so_far)

    @answered
    def _answer(self, payload: Payload, answer: Callable[[Question], Payload]) -> Payload:
        """Find out what is asked, and answer, or say in one sentence why not."""
        image, loaded = self.reader.asked(payload)
        predicted = loaded.read(image)[1].digit
        target = asked_for(payload.get("target"), predicted, loaded.model.config.num_classes)
        name = (str(payload.get("model")), image.tobytes())
        told = answer(Question(loaded, torch.from_numpy(image)[None], target, name, self._made(name, target)))
        return told | {"target": target, "predicted": predicted}

    def unseen_so_far(self, question: Question) -> Payload:
        """Return the exact answer of a table that is read in the background, or how far it is."""
        masked = question.masked("unseen")
        if len(masked.maskable) > MAX_MASKABLE:
            return estimated(question, masked)
        task = self.tables.ask(question.name, masked)
        if task.value is None:
            return {"done": task.done, "of": 2 ** len(masked.maskable)}
        return exact(question, masked, task.value.logits) | {"ms": task.value.ms}


def made_so_far(_name: tuple[str, bytes], _target: int) -> dict[str, Made]:
    """Return a place for the maps of a question; the cache gives the same one to the same question."""
    return {}


def quick_maps(question: Question) -> Payload:
    """Return the approximate methods' maps, the milliseconds that each took, and integrated gradients' gap."""
    made = {key: question.map(key) for key in QUICK}
    maps = {key: {"map": serialize.pack(found.values, "f32"), "ms": found.ms} for key, found in made.items()}
    return {"maps": maps, "gap": finite(question.gap())}


def erased(question: Question) -> Payload:
    """Return what each patch's ink is worth: exactly, or from a sample of orders where it is on too many patches."""
    masked, start = question.masked("erased"), perf_counter()
    if len(masked.maskable) > MAX_MASKABLE:
        return estimated(question, masked)
    return exact(question, masked, read_all(masked)) | {"ms": round(1000 * (perf_counter() - start))}


def exact(question: Question, masked: MaskedModel, logits: Tensor) -> Payload:
    """Return the exact answer that lies in the logits (2**n, K) of all subsets."""
    values = log_odds(logits.double(), question.target)
    yard = faithfulness_scale(values)
    told = valued(masked, yard.exact, values[0], values[-1]) | {"exact": True, "readings": len(logits)}
    return told | scored(question, masked, yard) | {"sets": deciding(masked, logits, values, question.target)}


def estimated(question: Question, masked: MaskedModel) -> Payload:
    """Return what a sample of orders tells, where there are too many patches for a table."""
    start = perf_counter()
    found = estimate(masked, question.target, PAIRS)
    told = valued(masked, found.values, *found.curves[0, [0, -1]]) | {"exact": False, "readings": found.curves.numel()}
    told |= {"error_bars": serialize.pack(masked.on_grid(found.error).float(), "f32"), "sets": None}
    told |= {"ms": round(1000 * (perf_counter() - start))}
    return told | scored(question, masked, bare(found.values))


def bare(values: Tensor) -> FaithfulnessScale:
    """Return a faithfulness_scale of ranks and signs alone: deletion and insertion would need the best order."""
    nothing = float("nan")
    return FaithfulnessScale(values, nothing, nothing, nothing, lambda _: nothing)


def valued(masked: MaskedModel, values: Tensor, none: Tensor, everything: Tensor) -> Payload:
    """Pack the players' values (n,), and v of nobody and of all, between which they make the difference."""
    return {
        "mask_mode": masked.mask_mode,
        "values": serialize.pack(masked.on_grid(values).float(), "f32"),
        "maskable": masked.maskable.tolist(),
        "none": round(float(none), 4),
        "all": round(float(everything), 4),
    }


def scored(question: Question, masked: MaskedModel, yard: FaithfulnessScale) -> Payload:
    """Return how true each approximate map is of this drawing, and what that means for attention, in words."""
    maps = {key: question.map(key).values.flatten()[masked.maskable] for key in QUICK}
    found = {key: yard.score(values, signed=METHODS[key].signed) for key, values in maps.items()}
    return {
        "scores": {key: {name: finite(value) for name, value in asdict(score).items()} for key, score in found.items()},
        "summary": summary(found["attention"], masked, maps["attention"], yard.exact),
    }


def finite(value: float) -> float | None:
    """Return a number as JSON can hold it."""
    return round(value, 4) if isfinite(value) else None


def summary(score: Faithfulness, masked: MaskedModel, attention: Tensor, values: Tensor) -> dict[str, Any]:
    """Compare attention (n,) with the exact values (n,) in words and numbers, without judging.

    Returns:
        `text`, and the strongest patch of each, numbered row by row from 0: `attention` and `value`, or None.
    """
    if not len(values):
        return {"text": "There is no ink that the answer could depend on.", "attention": None, "value": None}
    numbers = [f"rank agreement {signed(score.rank)}"] if isfinite(score.rank) else []
    truth = (score.deletion + score.insertion) / 2
    numbers += [f"score {signed(truth)} (0: a random order, 1: the best)"] if isfinite(truth) else []
    if not numbers:
        return {"text": "No patch matters more than another here.", "attention": None, "value": None}
    looks, largest = int(attention.argmax()), int(values.argmax())
    return {
        "text": f"{top_patches(masked, values, looks, largest)} Over all patches: {', '.join(numbers)}.",
        "attention": int(masked.maskable[looks]),
        "value": int(masked.maskable[largest]),
    }


def top_patches(masked: MaskedModel, values: Tensor, looks: int, largest: int) -> str:
    """Name the patch with the most attention and the one with the largest value (n,), and how they rank."""
    strongest = f"Attention is strongest at {place(masked, looks)}"
    if looks == largest:
        return f"{strongest}; this patch also has the largest value."
    rank = 1 + int((values > values[looks]).sum())
    by_value = f"number {rank} of {len(values)} by value"
    return f"{strongest}, which is {by_value}; the largest value is at {place(masked, largest)}."


def signed(value: float) -> str:
    """Return a number with two decimals and a real minus sign."""
    return f"{value:.2f}".replace("-", "−")


def place(masked: MaskedModel, player: int) -> str:
    """Return where a player's patch lies, in words."""
    row, column = divmod(int(masked.maskable[player]), masked.model.config.grid_size)
    return f"row {row + 1}, column {column + 1}"


def deciding(masked: MaskedModel, logits: Tensor, values: Tensor, target: int) -> dict[str, Any]:
    """Return the smallest sets that suffice for the target and that flip it, and the pair that interacts most."""

    def patches(subset: int | None) -> list[int] | None:
        return None if subset is None else [int(masked.maskable[player]) for player in patches_in(subset)]

    found: dict[str, Any] = {
        "suffices": patches(smallest_sufficient(logits, target)),
        "flips": patches(smallest_flip(logits, target)),
        "pair": None,
    }
    if len(masked.maskable) > 1:
        index = interactions(values)
        one, other = divmod(int(index.abs().argmax()), len(index))
        pair = sorted(int(masked.maskable[player]) for player in (one, other))
        found["pair"] = {"patches": pair, "strength": round(float(index[one, other]), 4)}
    return found
