"""What crosses the wire: a model's reading of an image <-> the small JSON that the browser gets.

While the pen moves the browser gets a glance (the image, the verdict on it, the cls rows); when it lifts, the whole
reading, after which hovering and clicking need no request.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from demo.models import Judge, Verdict
from demo.training.curves import Point
from demo.training.job import View
from vit import Trace, VisionTransformer

Kind = Literal["u8", "u16", "f32"]
STEPS = {"u8": 255, "u16": 65535}  # fixed point: how many steps from 0 to 1
DTYPES = {"u8": "<u1", "u16": "<u2", "f32": "<f4"}


def pack(values: Tensor, kind: Kind) -> dict[str, Any]:
    """Pack an array as shape, type and base64; `u8` and `u16` hold values in [0, 1] as fixed point."""
    array = values.detach().cpu().numpy()
    if kind in STEPS:
        array = np.rint(array * STEPS[kind])
    data = base64.b64encode(array.astype(DTYPES[kind]).tobytes()).decode()
    return {"shape": list(values.shape), "type": kind, "data": data}


@torch.inference_mode()
def reading(judge: Judge, image: np.ndarray, whole: bool) -> dict[str, Any]:
    """Read a (28, 28) image in [0, 1] and pack what was seen; the whole of it, or a glance."""
    trace, verdict = judge.read(image)
    seen = glance(image, trace, verdict)
    return seen | (depths(judge.model, trace) if whole else {}) | {"whole": whole}


def glance(image: np.ndarray, trace: Trace, verdict: Verdict) -> dict[str, Any]:
    """Pack the image (H, W), the cls rows (L, h, N), and the verdict as `Verdict` holds it."""
    return {
        "image": pack(torch.from_numpy(image), "u8"),
        "probs": [round(share, 6) for share in verdict.probs],
        "digit": verdict.digit,
        "doubt": round(verdict.doubt, 6),
        "sure": verdict.sure,
        "cls": pack(trace.cls_attention[:, 0], "u16"),
    }


def depths(model: VisionTransformer, trace: Trace) -> dict[str, Any]:
    """Pack what the tabs show: attention (L, h, N, N), and the embeddings that add up to the first tokens.

    Row n of `patch_embed` (N, D) plus row n of `pos_embed` (N, D) is token n before the first block; row 0 of
    `patch_embed` is the learned cls token, which stands where a patch's embedding would.
    """
    pos_embed = model.pos_embed[0]
    return {
        "attention": pack(trace.attention[:, 0], "u16"),
        "patch_embed": pack(trace.embedded[0] - pos_embed, "f32"),
        "pos_embed": pack(pos_embed, "f32"),
    }


def describe(model: VisionTransformer) -> dict[str, Any]:
    """Return what the page tells of a model's architecture, and what its classes are called (`names`)."""
    config = model.config
    names = (
        "image_size",
        "patch_size",
        "grid_size",
        "num_patches",
        "num_tokens",
        "embed_dim",
        "depth",
        "num_heads",
        "mlp_dim",
        "pool",
        "positions",
    )
    told = {name: getattr(config, name) for name in names}
    return told | {"num_params": model.num_params, "names": list(config.class_names)}


def training(view: View) -> dict[str, Any]:
    """Pack a training as the page draws it.

    `train` and `val` are rows of step, loss (nats) and accuracy (share); the former go on with learning rate and length
    of the gradient. `marks` are rows of step and text.
    """
    names = (
        "id",
        "state",
        "message",
        "progress",
        "seconds_left",
        "step",
        "steps",
        "epoch",
        "epochs",
        "test_accuracy",
        "can_use",
        "learning",
        "paused",
        "slow",
        "settings",
    )
    points = {"train": view.curves.train, "val": view.curves.val}
    rows = {name: [rounded(point) for point in part] for name, part in points.items()}
    rows["val"] = [row[:3] for row in rows["val"]]
    more = {"pace": round(view.pace, 1), "marks": [[mark.step, mark.text] for mark in view.marks]}
    more["names"] = list(view.names)
    more["findings"] = [asdict(finding) for finding in view.findings]
    return {name: getattr(view, name) for name in names} | rows | more


def rounded(point: Point) -> list[float]:
    """Return a point of a curve as a row, with as many digits as can be seen."""
    step, loss, accuracy, lr, gradient = point
    return [step, round(loss, 4), round(accuracy, 5), float(f"{lr:.4g}"), float(f"{gradient:.4g}")]
