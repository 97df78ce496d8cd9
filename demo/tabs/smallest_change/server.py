"""Answer of tab "Smallest change": a change of the drawing that turns the answer, step by step, with its readings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

import torch
from torch import Tensor

from demo import serialize
from demo.background import Background
from demo.models import LoadedModel, shipped_name
from demo.requests import Payload, Reader, class_index, errors_as_answers
from train.evaluation.predictions import Report
from vit.explain.coalitions import MAX_MASKABLE
from vit.explain.smallest_change import BRUSHES, Change, grey, smallest_change
from vit.explain.smallest_erasure import MAX_SETS, Erasure, smallest_erasure
from vit.ink.parts import label_parts
from vit.validation import check_choice

PATCHES = "patches"
WAYS = (PATCHES, *BRUSHES)
FEWER_SETS = 2**13  # of patches that are read for a model with many patches, where a reading takes ten times as long
STORED, WAITING = 64, 32  # changes of 50 kB each; questions in the queue
IDLE = 2.0  # seconds without a question, after which a search is dropped; the page asks three times a second
SAME_CLASS = "Choose another class than the one that the drawing is read as."
# Medians of as many test `digits`, to the easiest other digit: `python -m train.benchmarks.smallest_change`. With 49
# patches, no set that can be read turns most digits.
MEASURED: dict[str, dict[str, float]] = {
    "digits-4x4": {"digits": 200, "patches": 3, "pixel": 3.0, "pen": 6.1},
    "digits-7x7": {"digits": 200, "pixel": 2.6, "pen": 5.8},
}


class SmallestChange:
    """Answer the tab's requests: a drawing, a model, the class that it should be read as, and how to change it."""

    def __init__(self, reader: Reader, clock: Callable[[], float] = monotonic) -> None:
        self.reader = reader
        failed = "The smallest change could not be searched"
        self._changes = Background(clock, stored=STORED, waiting=WAITING, idle=IDLE, failed=failed)

    @errors_as_answers
    def change(self, payload: Payload) -> Payload:
        """Answer with the change, or its progress (`done`, `of`), or `error` with one sentence.

        `payload` names the drawing and the model as for a reading; `target` is the class; `way` is one of `WAYS`. The
        answer has what `pack_change` says, and `measured`: see `measured_for`.
        """
        image, loaded = self.reader.image_and_model(payload)
        way, token = str(payload.get("way")), payload.get("model")
        check_choice("way", way, WAYS)
        target = class_index("target", payload.get("target"), loaded.model.config.num_classes)
        drawing = grey(torch.from_numpy(image))  # (28, 28)
        if loaded.read(drawing.numpy())[1].digit == target:
            raise ValueError(SAME_CLASS)
        name = (str(token), image.tobytes(), target, way)
        task = self._changes.ask(name, partial(search, loaded, drawing[None], target, way))
        if task.value is None:
            return {"done": task.done, "of": task.total}
        return task.value | {"measured": measured_for(token, way)}


def measured_for(token: object, way: str) -> dict[str, float] | None:
    """Return the `median` of test digits, and their number `digits`; None where it is not known."""
    known = MEASURED.get(shipped_name(token) or "", {})
    return {"median": known[way], "digits": known["digits"]} if way in known else None


def search(loaded: LoadedModel, image: Tensor, target: int, way: str, report: Report) -> Payload:
    """Search for the smallest change of an image (1, H, W), and pack it."""
    if way != PATCHES:
        return pack_change(loaded, smallest_change(loaded.model, image, target, way, progress=report))
    limit = MAX_SETS if loaded.model.config.num_patches <= MAX_MASKABLE else FEWER_SETS
    erasure = smallest_erasure(loaded.model, image, target, limit, report)
    return pack_change(loaded, erasure) | pack_erasure(erasure)


def pack_change(loaded: LoadedModel, change: Change) -> Payload:
    """Pack a change and the reading after each of its S steps.

    Returns:
        `images` (S + 1, H, W), the drawing first; of each image `probs` (calibrated), `digit` and `in_distribution`;
        `changed`, the last image; `target`, and whether it is `reached`; ink that is `added` and `removed`, in pixels
        of full ink, and the number of separate `places` where it is.
    """
    trace = loaded.model.trace(change.images)
    probs = loaded.calibration.probs(trace.logits)
    return {
        "images": serialize.pack(change.images[:, 0], "u8"),
        "changed": serialize.pack(change.images[-1, 0], "u8"),
        "probs": [[round(share, 6) for share in row] for row in probs.tolist()],
        "digit": probs.argmax(dim=-1).tolist(),
        "in_distribution": loaded.calibration.in_distribution(trace, change.images).tolist(),
        "target": change.target,
        "reached": change.reached,
        "added": round(float(change.added.sum()), 3),
        "removed": round(float(change.removed.sum()), 3),
        "places": places(change.added - change.removed),
    }


def pack_erasure(erasure: Erasure) -> dict[str, Any]:
    """Pack the patches, the size up to which all sets were read, and the number of patches with ink."""
    return {"patches": erasure.patches.tolist(), "searched": erasure.searched, "inked": erasure.inked}


def places(change: Tensor) -> int:
    """Count the separate places of a change (C, H, W): pixels that touch, also at a corner, are one place."""
    return len(label_parts(change.abs().amax(dim=0).numpy() > 0).size)
