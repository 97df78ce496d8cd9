"""A training as it is followed: how it reads the visitor's drawing now, and how it read it at every moment kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo import serialize
from demo.requests import Payload, Reader, answered, digit_of
from demo.training.jobs import Jobs
from demo.training.live import Live
from demo.training.serialize import training as training_state
from demo.training.snapshots import Frame
from train.data.dataset import Digits
from vit import VisionTransformer
from vit.analysis.patch_filters import components
from vit.explain import occlusion, relevance

PATTERNS = 8  # of the patch embedding that are sent
GONE = "This training is no longer kept. Train again."


class Watch:
    """Answer the requests of the one who trains; a job is known by its id, as in `demo.training.jobs`."""

    def __init__(self, reader: Reader, jobs: Jobs) -> None:
        self.reader, self.jobs = reader, jobs

    @answered
    def now(self, payload: Payload) -> Payload:
        """Answer with the training as it stands, and how it reads the drawing: `view` and `frame`, or `error`."""
        job, live = self._live(payload)
        view = self.jobs.view(job)
        latest = live.latest
        read = portrait(latest.step, opened(latest, live), live, self.reader.image(payload)) if latest else None
        return {"view": training_state(view) if view else None, "frame": read}

    @answered
    def control(self, payload: Payload) -> Payload:
        """Pause or continue the training by a `command` of `demo.training.pacing`; answer with its new state."""
        job, _ = self._live(payload)
        self.jobs.control(job, payload.get("command", ""))
        return self._view(job)

    @answered
    def change(self, payload: Payload) -> Payload:
        """Give the training other `settings` from its next step on; answer with it as it then stands, or `error`."""
        job, _ = self._live(payload)
        wishes = payload.get("settings")
        if not isinstance(wishes, dict):
            raise ValueError(f"expected settings, got {type(wishes).__name__}")
        self.jobs.change(job, wishes)
        return self._view(job)

    @answered
    def film(self, payload: Payload) -> Payload:
        """Answer with how every frame that was kept reads the drawing: `frames`, in order, or `error`.

        Each is as `portrait` gives it, and has two maps (G, G) of what spoke for `digit` at that moment: `relevance`,
        >= 0, and `occlusion`, what the answer loses without a patch, in logits.
        """
        _, live = self._live(payload)
        image = self.reader.image(payload)
        digit = digit_of("digit", payload.get("digit"), live.recipe.model.num_classes)
        frames = live.film.frames[:] if live.film else []
        if live.latest and frames and live.latest.step > frames[-1].step:  # where it pauses now
            frames.append(live.latest)
        models = ((frame.step, opened(frame, live)) for frame in frames)
        return {"frames": [portrait(step, model, live, image) | reasons(model, image, digit) for step, model in models]}

    @answered
    def strip(self, payload: Payload) -> Payload:
        """Answer with the test digits that go along: `images` (n, 28, 28) and `labels`; none before they are there."""
        _, live = self._live(payload)
        if live.strip is None:
            return {"images": None, "labels": []}
        return {"images": serialize.pack(live.strip.images / 255, "u8"), "labels": live.strip.labels.tolist()}

    def _live(self, payload: Payload) -> tuple[str, Live]:
        """Return the job that a payload names; a `ValueError` says that it is gone."""
        job = payload.get("job") if isinstance(payload, dict) else None
        live = self.jobs.live(job) if isinstance(job, str) else None
        if not isinstance(job, str) or live is None:
            raise ValueError(GONE)
        return job, live

    def _view(self, job: str) -> Payload:
        view = self.jobs.view(job)
        return {"view": training_state(view) if view else None}


def opened(frame: Frame, live: Live) -> VisionTransformer:
    """Return the model that a training was at a frame."""
    return frame.model(live.recipe.model)


@torch.inference_mode()
def portrait(step: int, model: VisionTransformer, live: Live, image: np.ndarray) -> Payload:
    """Read an image (28, 28) as the model did after `step` steps, and pack what can be seen to change while it learns.

    `probs` of the classes; `looks` (L, h, N), where that looks which the answer is read from; the main `patterns`
    (n, P*P) of the patch embedding, each as long as it counts; `alike` (N, N), cosines of the position embeddings,
    None where there are none; and the `strip`: what the test digits that go along are read as.
    """
    trace = model.trace(torch.from_numpy(image)[None, None])
    gains, patterns = components(model.patch_embed.proj.weight)
    shown = patterns[:PATTERNS] * gains[:PATTERNS, None]
    return {
        "step": step,
        "probs": [round(share, 5) for share in trace.probs[0].tolist()],
        "looks": serialize.pack(trace.answer_attention[:, 0], "u16"),
        "patterns": serialize.pack(shown, "f32"),
        "alike": cosines(model),
        "strip": model(in_unit(live.strip)).argmax(dim=-1).tolist() if live.strip else [],
    }


def reasons(model: VisionTransformer, image: np.ndarray, digit: int) -> Payload:
    """Pack what speaks for a digit to this model; see `Watch.film`."""
    pixels = torch.from_numpy(image)[None]
    maps = {"relevance": relevance(model, pixels, digit), "occlusion": occlusion(model, pixels, digit)}
    return {name: serialize.pack(found, "f32") for name, found in maps.items()}


def cosines(model: VisionTransformer) -> dict[str, Any] | None:
    """Pack how alike the position embeddings are, (N, N), cosines moved from [-1, 1] to [0, 1]."""
    rows = F.normalize(model.pos_embed[0], dim=-1)
    return serialize.pack((1 + rows @ rows.T) / 2, "u8") if rows.any() else None


def in_unit(digits: Digits) -> Tensor:
    """Return the digits' images as a model takes them, (B, 1, H, W) in [0, 1]."""
    return digits.images[:, None].float() / 255
