"""Tab "Layers": the prediction of each token after each layer, and the path of cls on a map of test digits."""

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
from train.evaluation.parametric_tsne import fill_unit_square
from train.evaluation.token_map import NEIGHBOURS, TokenMap, cls_tokens, neighbour_accuracy
from vit import VisionTransformer
from vit.explain.logit_lens import normed_tokens


class Layers:
    """Server functions of the tab. A request has a drawing, a model's token and `known`, the map that the page has."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.maps: WeakKeyDictionary[VisionTransformer, tuple[str, TokenMap]] = WeakKeyDictionary()
        self.lock = Lock()

    @errors_as_answers
    def lens(self, payload: Payload) -> Payload:
        """Return the prediction of each token after each layer and the path of cls; or `error` with one sentence.

        `probs` (L + 1, N, K) are calibrated probabilities before the first layer and after each. `path` (L + 1, 2) is
        the path of cls in the unit square, on the map called `name`; `token_map` is that map, unless the page has it.
        """
        image, loaded = self.reader.image_and_model(payload)
        name, token_map = self.map_of(loaded)
        probs, cls = lens(loaded, torch.from_numpy(image)[None, None])
        path = token_map.place(cls)
        answer = {"probs": serialize.pack(probs, "u16"), "path": serialize.pack(path, "f32"), "name": name}
        return answer if payload.get("known") == name else answer | {"token_map": pack_map(token_map, loaded)}

    def pictures(self, payload: Payload) -> Payload:  # noqa: ARG002 (the browser always sends something)
        """Return the sample digits on one sheet, a PNG in base64 with `columns` digits per row."""
        return {"sheet": shipped(), "columns": COLUMNS}

    def map_of(self, loaded: LoadedModel) -> tuple[str, TokenMap]:
        """Return a model's token map with a unique name; a model without one gets a map of principal components."""
        named_map = self.maps.get(loaded.model)
        if named_map is None:  # computed outside the lock, because it may take seconds and other maps are ready
            new = (uuid.uuid4().hex, loaded.token_map or principal(loaded.model))
            with self.lock:
                named_map = self.maps.setdefault(loaded.model, new)
        return named_map


@torch.inference_mode()
def lens(loaded: LoadedModel, image: Tensor) -> tuple[Tensor, Tensor]:
    """Return probabilities (L + 1, N, K) of each token before and after each layer, and normed cls (L + 1, D)."""
    trace = loaded.model.trace(image)  # of (1, C, H, W)
    normed = normed_tokens(loaded.model, torch.cat([trace.embedded[None], trace.tokens])[:, 0])  # (L + 1, N, D)
    return loaded.calibration.probs(loaded.model.head(normed)), normed[:, 0]


def pack_map(token_map: TokenMap, loaded: LoadedModel) -> Payload:
    """Pack a map: its dots, the sample digit of each dot (-1: none), and its neighbour accuracy."""
    place = {int(index): at for at, index in enumerate(samples()[2])}
    return {
        "points": serialize.pack(token_map.points, "u16"),
        "labels": token_map.labels.tolist(),
        "pictures": [place.get(index, -1) for index in token_map.indices.tolist()],
        "figures": token_map.figures,
        "stored": loaded.token_map is not None,
    }


def principal(model: VisionTransformer) -> TokenMap:
    """Map the sample digits by the first two principal components of their last cls tokens."""
    images, labels, indices = (torch.from_numpy(values) for values in samples())
    digits = Digits(images, labels.long())
    tokens = cls_tokens(model, digits.images)  # (L + 1, S, D)
    net = components(tokens[-1])
    full = [neighbour_accuracy(cls, digits.labels, cls, digits.labels, itself=True) for cls in tokens[1:]]
    flat = [neighbour_accuracy(net(cls), digits.labels, net(cls), digits.labels, itself=True) for cls in tokens[1:]]
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
    """Draw the sample digits on one sheet: a PNG in base64."""
    return sheet(torch.from_numpy(samples()[0]))
