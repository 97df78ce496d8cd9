"""Layer by layer: which digit every token says after every block, and the way of the cls token over a map."""

from __future__ import annotations

import uuid
from functools import cache
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from demo import serialize
from demo.digit_sheets import COLUMNS, sheet
from demo.models import LoadedModel
from demo.requests import Payload, Reader, errors_as_answers, samples
from train.data.dataset import Digits
from train.evaluation.token_map import NEIGHBOURS, TokenMap, cls_tokens, fill_unit_square, neighbour_accuracy
from vit import VisionTransformer
from vit.explain.logit_lens import normed_tokens


class Layers:
    """Answer the tab's requests: a drawing and a model's token; `known` names the map that the page has already."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.maps: WeakKeyDictionary[VisionTransformer, tuple[str, TokenMap]] = WeakKeyDictionary()
        self.lock = Lock()

    @errors_as_answers
    def seen(self, payload: Payload) -> Payload:
        """Answer with what each token says and where cls goes; or `error` with one sentence.

        `says` (L + 1, N, K) are calibrated probabilities before the first block and after each; the last of cls are
        the reading's own. `path` (L + 1, 2) is the way of cls in the unit square, on the map called `name`, which
        comes along as `atlas` unless the page knows it.
        """
        image, loaded = self.reader.image_and_model(payload)
        name, atlas = self.map_of(loaded)
        says, cls = every_step(loaded, torch.from_numpy(image)[None, None])
        answer = {"says": serialize.pack(says, "u16"), "path": serialize.pack(atlas.place(cls), "f32"), "name": name}
        return answer if payload.get("known") == name else answer | {"atlas": described(atlas, loaded)}

    def pictures(self, payload: Payload) -> Payload:  # noqa: ARG002 (the browser always sends something)
        """Answer with the digits that ship on one sheet, a PNG in base64, `columns` in a row."""
        return {"sheet": shipped(), "columns": COLUMNS}

    def map_of(self, loaded: LoadedModel) -> tuple[str, TokenMap]:
        """Return the map that a model brings, or else one of its principal components, with a name of its own."""
        found = self.maps.get(loaded.model)
        if found is None:  # made outside the lock: it may take seconds, and others' models have their maps already
            made = (uuid.uuid4().hex, loaded.atlas or principal(loaded.model))
            with self.lock:
                found = self.maps.setdefault(loaded.model, made)
        return found


@torch.inference_mode()
def every_step(loaded: LoadedModel, image: Tensor) -> tuple[Tensor, Tensor]:
    """Return what tokens say, before the first block and after each, (L + 1, N, K), and cls, normed, (L + 1, D)."""
    trace = loaded.model.trace(image)  # of (1, C, H, W)
    normed = normed_tokens(loaded.model, torch.cat([trace.embedded[None], trace.tokens])[:, 0])  # (L + 1, N, D)
    return loaded.calibration.probs(loaded.model.head(normed)), normed[:, 0]


def described(atlas: TokenMap, loaded: LoadedModel) -> Payload:
    """Pack a map: its dots, which of the shipped pictures each is (-1: none), and how far it can be trusted."""
    place = {int(index): at for at, index in enumerate(samples()[2])}
    return {
        "points": serialize.pack(atlas.points, "u16"),
        "labels": atlas.labels.tolist(),
        "pictures": [place.get(index, -1) for index in atlas.indices.tolist()],
        "figures": atlas.figures,
        "stored": loaded.atlas is not None,
    }


def principal(model: VisionTransformer) -> TokenMap:
    """Map a model that brings no map: the first two principal components of the shipped digits' last cls tokens."""
    images, labels, indices = (torch.from_numpy(values) for values in samples())
    digits = Digits(images, labels.long())
    tokens = cls_tokens(model, digits.images)  # (L + 1, S, D)
    net = components(tokens[-1])
    full = [neighbour_accuracy(seen, digits.labels, seen, digits.labels, itself=True) for seen in tokens[1:]]
    flat = [neighbour_accuracy(net(seen), digits.labels, net(seen), digits.labels, itself=True) for seen in tokens[1:]]
    figures: dict[str, Any] = {"neighbours": NEIGHBOURS, "images": len(digits), "full": full, "flat": flat}
    return TokenMap(net, net(tokens).clamp(0, 1), digits.labels, indices.long(), figures)


def components(tokens: Tensor) -> nn.Sequential:
    """Return the first two principal components of tokens (n, D) as a network that fills the unit square."""
    middle = tokens.mean(dim=0)
    axes = torch.linalg.svd(tokens - middle, full_matrices=False).Vh[:2]  # (2, D)
    last = nn.Linear(tokens.shape[1], 2).requires_grad_(False)
    last.weight.copy_(axes)
    last.bias.copy_(-axes @ middle)
    return fill_unit_square(nn.Sequential(last), tokens)


@cache
def shipped() -> str:
    """Draw the digits that ship side by side: a PNG in base64."""
    return sheet(torch.from_numpy(samples()[0]))
