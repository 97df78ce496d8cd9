"""Live view of a training: how its current weights and its earlier snapshots read the visitor's drawing."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo import serialize
from demo.requests import Payload, Reader, class_index, errors_as_answers
from demo.training.live import Live
from demo.training.snapshots import Snapshot
from demo.training.training_queue import Jobs
from train.data.dataset import Digits
from vit import VisionTransformer
from vit.analysis.patch_filters import components
from vit.explain import occlusion, relevance

MAX_FILTERS = 8  # that are sent
EXPIRED = "This training is no longer stored. Train again."


class LiveView:
    """Requests of the page that follows a training; its id is that of a job of `demo.training.training_queue`."""

    def __init__(self, reader: Reader, jobs: Jobs) -> None:
        self.reader, self.jobs = reader, jobs

    @errors_as_answers
    def now(self, payload: Payload) -> Payload:
        """Answer with the `training` as it stands and its latest `snapshot`, as `read_snapshot` packs it."""
        job, live = self._live(payload)
        state, latest = self._state(job), live.latest
        image = self.reader.image(payload) if latest else None
        return state | {"snapshot": read_snapshot(latest, live, image) if latest and image is not None else None}

    @errors_as_answers
    def control(self, payload: Payload) -> Payload:
        """Pause or continue by a `command` of `demo.training.pacing`; answer with the `training`."""
        job, _ = self._live(payload)
        self.jobs.control(job, payload.get("command", ""))
        return self._state(job)

    @errors_as_answers
    def change(self, payload: Payload) -> Payload:
        """Change `settings` from the next step on; answer with the `training`."""
        job, _ = self._live(payload)
        settings = payload.get("settings")
        if not isinstance(settings, dict):
            raise ValueError(f"expected settings, got {type(settings).__name__}")
        self.jobs.change(job, settings)
        return self._state(job)

    @errors_as_answers
    def snapshots(self, payload: Payload) -> Payload:
        """Answer with all `snapshots` in order, as `read_snapshot` packs them, with explanations for `digit`.

        Each has two maps (G, G): `relevance`, >= 0, and `occlusion`, the fall of the digit's logit without a patch.
        """
        _, live = self._live(payload)
        image = self.reader.image(payload)
        digit = class_index("digit", payload.get("digit"), live.recipe.model.num_classes)
        snapshots = live.snapshots.items[:]
        if live.latest and snapshots and live.latest.step > snapshots[-1].step:  # a paused training
            snapshots.append(live.latest)
        return {"snapshots": [read_snapshot(one, live, image) | explain(one, live, image, digit) for one in snapshots]}

    @errors_as_answers
    def test_digits(self, payload: Payload) -> Payload:
        """Answer with test digits for every snapshot to read: `images` (n, 28, 28) and `labels`, or none yet."""
        _, live = self._live(payload)
        digits = live.test_digits
        if digits is None:
            return {"images": None, "labels": []}
        return {"images": serialize.pack(digits.images / 255, "u8"), "labels": digits.labels.tolist()}

    def _live(self, payload: Payload) -> tuple[str, Live]:
        """Return the job of a payload.

        Raises:
            ValueError: it has expired.
        """
        job = payload.get("job") if isinstance(payload, dict) else None
        live = self.jobs.live(job) if isinstance(job, str) else None
        if not isinstance(job, str) or live is None:
            raise ValueError(EXPIRED)
        return job, live

    def _state(self, job: str) -> Payload:
        state = self.jobs.state(job)
        return {"training": state.pack() if state else None}


@torch.inference_mode()
def read_snapshot(snapshot: Snapshot, live: Live, image: np.ndarray) -> Payload:
    """Read an image (28, 28) with a snapshot, and pack what changes while a model learns.

    Returns:
        `step`; `probs` of the classes; `attention` (L, h, N) of the token that the answer is read from; `filters`
        (n, P*P), the principal components of the patch embedding times their gain; `positions` (N, N), see
        `position_cosines`; and `test_digits`, the predicted classes of the test digits.
    """
    model = snapshot.model(live.recipe.model)
    trace = model.trace(torch.from_numpy(image)[None, None])
    gains, filters = components(model.patch_embed.proj.weight)
    return {
        "step": snapshot.step,
        "probs": [round(prob, 5) for prob in trace.probs[0].tolist()],
        "attention": serialize.pack(trace.answer_attention[:, 0], "u16"),
        "filters": serialize.pack(filters[:MAX_FILTERS] * gains[:MAX_FILTERS, None], "f32"),
        "positions": position_cosines(model),
        "test_digits": model(as_input(live.test_digits)).argmax(dim=-1).tolist() if live.test_digits else [],
    }


def explain(snapshot: Snapshot, live: Live, image: np.ndarray, digit: int) -> Payload:
    """Pack the explanations of a digit; see `LiveView.snapshots`."""
    model, pixels = snapshot.model(live.recipe.model), torch.from_numpy(image)[None]
    maps = {"relevance": relevance(model, pixels, digit), "occlusion": occlusion(model, pixels, digit)}
    return {name: serialize.pack(values, "f32") for name, values in maps.items()}


def position_cosines(model: VisionTransformer) -> Payload | None:
    """Pack the cosine similarities of the position embeddings, (N, N), moved from [-1, 1] to [0, 1]; None without."""
    rows = F.normalize(model.pos_embed[0], dim=-1)
    return serialize.pack((1 + rows @ rows.T) / 2, "u8") if rows.any() else None


def as_input(digits: Digits) -> Tensor:
    """Return the digits' images as a model's input, (B, 1, H, W) in [0, 1]."""
    return digits.images[:, None].float() / 255
