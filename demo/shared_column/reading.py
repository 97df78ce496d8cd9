"""Pack a model's reading of an image for the browser.

While the pen moves the browser gets a glance: the image, the prediction after each layer, the cls rows and the first
numbers of each token. When the pen lifts, it gets the whole reading, after which hovering and clicking need no request.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from demo import serialize
from demo.models import LoadedModel, Prediction
from vit import Trace, VisionTransformer

FIRST = 24  # numbers of each patch embedding that a glance has


@torch.inference_mode()
def pack_reading(loaded: LoadedModel, image: np.ndarray, whole: bool) -> dict[str, Any]:
    """Read a (28, 28) image in [0, 1], and pack the `whole` reading or a glance."""
    trace, prediction = loaded.read(image)
    packed = pack_glance(image, trace, prediction) | pack_way(loaded, trace)
    return packed | (pack_tokens(loaded.model, trace) if whole else {}) | {"whole": whole}


def pack_glance(image: np.ndarray, trace: Trace, prediction: Prediction) -> dict[str, Any]:
    """Pack the image (H, W), the cls rows (L, h, N), and the prediction as `Prediction` holds it."""
    return {
        "image": serialize.pack(torch.from_numpy(image), "u8"),
        "probs": [round(share, 6) for share in prediction.probs],
        "digit": prediction.digit,
        "ood_score": round(prediction.ood_score, 6),
        "in_distribution": prediction.in_distribution,
        "cls": serialize.pack(trace.cls_attention[:, 0], "u16"),
    }


def pack_way(loaded: LoadedModel, trace: Trace) -> dict[str, Any]:
    """Pack what shows the way from patches to prediction.

    `lens` (L + 1, K) are the calibrated probabilities that the head reads from the pooled token before the first layer
    and after each; the last row is the prediction. `looks` (L, h, N), for mean pooling alone, is the mean of the
    patches' attention rows. `first_numbers` (N, <= 24) times `number_scale`, from [0, 1] to [-scale, scale], are the
    first numbers of each row of `patch_embed`.
    """
    states = torch.cat([trace.embedded[None], trace.tokens])[:, 0]  # (L + 1, N, D)
    looks = {"looks": serialize.pack(trace.answer_attention[:, 0], "u16")} if trace.pool == "mean" else {}
    lens = serialize.pack(loaded.calibration.probs(loaded.model.classify(states)), "u16")
    return looks | {"lens": lens} | pack_numbers(loaded.model, trace)


def pack_numbers(model: VisionTransformer, trace: Trace) -> dict[str, Any]:
    """Pack the first numbers of each patch embedding in few bytes (NumPy: a tenth of torch's time for so few)."""
    embedded, pos_embed = trace.embedded[0].numpy(), model.pos_embed.detach()[0].numpy()
    numbers = embedded[:, :FIRST] - pos_embed[:, :FIRST]  # (N, 24)
    scale = max(float(np.abs(numbers).max()), 1e-6)
    return {
        "first_numbers": serialize.pack(torch.from_numpy(0.5 + numbers / (2 * scale)), "u8"),
        "number_scale": round(scale, 6),
    }


def pack_tokens(model: VisionTransformer, trace: Trace) -> dict[str, Any]:
    """Pack attention (L, h, N, N), and the embeddings that add up to the first tokens.

    Row n of `patch_embed` (N, D) plus row n of `pos_embed` (N, D) is token n before the first block; row 0 of
    `patch_embed` is the learned cls token, which stands where a patch's embedding would.
    """
    pos_embed = model.pos_embed[0]
    return {
        "attention": serialize.pack(trace.attention[:, 0], "u16"),
        "patch_embed": serialize.pack(trace.embedded[0] - pos_embed, "f32"),
        "pos_embed": serialize.pack(pos_embed, "f32"),
    }


def describe_model(model: VisionTransformer) -> dict[str, Any]:
    """Return a model's sizes for the page, and the `names` of its classes."""
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
    sizes = {name: getattr(config, name) for name in names}
    return sizes | {"num_params": model.num_params, "names": list(config.class_names)}
