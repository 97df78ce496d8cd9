"""Answers of tab "Why": the maps of all methods, and the Shapley values that they are scored against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import nan
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from demo import serialize
from demo.background import Task
from demo.models import LoadedModel
from demo.requests import Payload, Reader, errors_as_answers, target_class
from demo.tabs.why.account import short_account
from demo.tabs.why.comparison import compare_attention, finite
from demo.tabs.why.predicted import predicted_values
from demo.tabs.why.readings import Estimate, Readings, milliseconds_since, num_readings
from vit.explain.coalitions import MAX_MASKABLE, logits_of_all_subsets
from vit.explain.decisive_sets import patches_in, smallest_flip, smallest_sufficient
from vit.explain.faithfulness import FaithfulnessScale, faithfulness_scale
from vit.explain.gradient import completeness_gap
from vit.explain.masking import MaskedModel, log_odds
from vit.explain.methods import METHODS, VALUES
from vit.explain.shapley import interactions

QUICK = [key for key in METHODS if key not in VALUES]  # the approximate methods, milliseconds each
CACHED_QUESTIONS = 64  # whose approximate maps are computed once


def method_descriptions() -> list[dict[str, Any]]:
    """Describe each method for the page: title, claim, and what its map depends on."""
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
class TimedMap:
    """A map (G, G) of a method, and the milliseconds that it took."""

    values: Tensor
    ms: float


@dataclass(frozen=True)
class Question:
    """Why does a model read an image as `target`?

    Attributes:
        image: (1, H, W) in [0, 1].
        target: the class that is explained.
        name: of the image and the model, for any target.
        maps: those that were computed before, by the method's key.
    """

    loaded: LoadedModel
    image: Tensor
    target: int
    name: tuple[str, bytes]
    maps: dict[str, TimedMap]

    def masked(self, mask_mode: str) -> MaskedModel:
        """Return the model with the image's patches maskable."""
        return MaskedModel(self.loaded.model, self.image, mask_mode)

    def map(self, key: str) -> TimedMap:
        """Return the map of a method, computed once."""
        if key not in self.maps:
            start = perf_counter()
            values = METHODS[key].ask(self.loaded.model, self.image, self.target)
            self.maps[key] = TimedMap(values, round(1000 * (perf_counter() - start), 1))
        return self.maps[key]

    def gap(self) -> float:
        """Return the completeness gap of integrated gradients, in logits."""
        values = self.map("integrated_gradients").values
        return completeness_gap(self.loaded.model, self.image, self.target, values)


class Explainer:
    """Answer the tab's questions about drawings, each for the predicted digit or any other."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.readings = Readings()
        self._maps = lru_cache(CACHED_QUESTIONS)(empty_maps)

    def maps(self, payload: Payload) -> Payload:
        """Answer with the approximate methods' maps and their times, or `error` with one sentence."""
        return self._answer(payload, quick_maps)

    def erased(self, payload: Payload) -> Payload:
        """Answer with the value of each patch's ink, or the progress of its estimate (`done`, `of`), or `error`.

        Where an explainer ships, the progress has the values that it predicts in one pass, `one_pass`.
        """
        return self._answer(payload, self._erased_values)

    def unseen(self, payload: Payload) -> Payload:
        """Answer with the value of seeing each patch, or the progress of its readings (`done`, `of`), or `error`."""
        return self._answer(payload, self._unseen_values)

    @errors_as_answers
    def _answer(self, payload: Payload, answer: Callable[[Question], Payload]) -> Payload:
        """Parse the question and answer it, or say in one sentence why not."""
        image, loaded = self.reader.image_and_model(payload)
        predicted = loaded.read(image)[1].digit
        target = target_class(payload.get("target"), predicted, loaded.model.config.num_classes)
        name = (str(payload.get("model")), image.tobytes())
        question = Question(loaded, torch.from_numpy(image)[None], target, name, self._maps(name, target))
        return answer(question) | {"target": target, "predicted": predicted}

    def _erased_values(self, question: Question) -> Payload:
        masked, start = question.masked("erased"), perf_counter()
        if len(masked.maskable) > MAX_MASKABLE:
            return self._estimated_values(question, masked)
        return exact_values(question, masked, logits_of_all_subsets(masked)) | {"ms": milliseconds_since(start)}

    def _unseen_values(self, question: Question) -> Payload:
        masked = question.masked("unseen")
        if len(masked.maskable) > MAX_MASKABLE:
            return self._estimated_values(question, masked)
        task = self.readings.table(question.name, masked)
        if task.value is None:
            return progress(task, 2 ** len(masked.maskable))
        return exact_values(question, masked, task.value.logits) | {"ms": task.value.ms}

    def _estimated_values(self, question: Question, masked: MaskedModel) -> Payload:
        task = self.readings.estimate(question.name, masked, question.target)
        if task.value is None:
            return progress(task, num_readings(masked)) | predicted_values(
                question.loaded, question.image, question.target, masked.mask_mode
            )
        return estimated_values(question, masked, task.value)


def empty_maps(_name: tuple[str, bytes], _target: int) -> dict[str, TimedMap]:
    """Return a new dictionary for the maps of a question; a cache gives the same one to the same question."""
    return {}


def progress(task: Task, total: int) -> Payload:
    """Pack how many of the readings are done."""
    return {"done": task.done, "of": total}


def quick_maps(question: Question) -> Payload:
    """Pack the approximate methods' maps, their times in milliseconds, and the gap of integrated gradients."""
    timed = {key: question.map(key) for key in QUICK}
    maps = {key: {"map": serialize.pack(one.values, "f32"), "ms": one.ms} for key, one in timed.items()}
    return {"maps": maps, "gap": finite(question.gap())}


def exact_values(question: Question, masked: MaskedModel, logits: Tensor) -> Payload:
    """Pack the exact Shapley values, from the logits (2**n, K) of all subsets."""
    values = log_odds(logits.double(), question.target)
    scale = faithfulness_scale(values)
    packed = pack_values(masked, scale.exact, float(values[0]), float(values[-1]))
    packed |= {"exact": True, "readings": len(logits), "sets": decisive_sets(masked, logits, values, question.target)}
    packed |= {"account": short_account(masked, values)}
    return packed | scores(question, masked, scale)


def estimated_values(question: Question, masked: MaskedModel, estimate: Estimate) -> Payload:
    """Pack estimated Shapley values with their standard errors, for too many patches for a table."""
    packed = pack_values(masked, estimate.values, estimate.none, estimate.all)
    packed |= {"exact": False, "readings": estimate.readings, "ms": estimate.ms, "sets": None, "account": None}
    packed |= {"most": MAX_MASKABLE}
    packed |= {"error_bars": serialize.pack(masked.on_grid(estimate.error).float(), "f32")}
    return packed | scores(question, masked, rank_scale(estimate.values))


def rank_scale(values: Tensor) -> FaithfulnessScale:
    """Return a scale for ranks and signs alone: deletion and insertion need the best order, which needs a table."""
    return FaithfulnessScale(values, nan, nan, nan, lambda _: nan)


def pack_values(masked: MaskedModel, values: Tensor, none: float, everything: float) -> Payload:
    """Pack the values (n,) of the maskable patches, and v of no patch and of all."""
    return {
        "mask_mode": masked.mask_mode,
        "values": serialize.pack(masked.on_grid(values).float(), "f32"),
        "maskable": masked.maskable.tolist(),
        "none": round(none, 4),
        "all": round(everything, 4),
    }


def scores(question: Question, masked: MaskedModel, scale: FaithfulnessScale) -> Payload:
    """Pack the faithfulness scores of each approximate map, and compare attention with the values."""
    maps = {key: question.map(key).values.flatten()[masked.maskable] for key in QUICK}
    scored = {key: scale.score(values, signed=METHODS[key].signed) for key, values in maps.items()}
    return {
        "scores": {key: {name: finite(value) for name, value in asdict(one).items()} for key, one in scored.items()},
        "summary": compare_attention(scored["attention"], masked, maps["attention"], scale.exact),
    }


def decisive_sets(masked: MaskedModel, logits: Tensor, values: Tensor, target: int) -> dict[str, Any]:
    """Return the smallest sufficient set, the smallest set that flips the answer, and the strongest interaction."""

    def patches(subset: int | None) -> list[int] | None:
        return None if subset is None else [int(masked.maskable[index]) for index in patches_in(subset)]

    return {
        "suffices": patches(smallest_sufficient(logits, target)),
        "flips": patches(smallest_flip(logits, target)),
        "pair": strongest_pair(masked, values) if len(masked.maskable) > 1 else None,
    }


def strongest_pair(masked: MaskedModel, values: Tensor) -> dict[str, Any]:
    """Return the two patches of the largest interaction index, and the index."""
    index = interactions(values)
    one, other = divmod(int(index.abs().argmax()), len(index))
    pair = sorted(int(masked.maskable[player]) for player in (one, other))
    return {"patches": pair, "strength": round(float(index[one, other]), 4)}
