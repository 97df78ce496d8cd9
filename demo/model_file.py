"""Open a model file that a visitor has downloaded here, to compare it with the model that reads.

The file is the body of a request. It is written to a temporary folder, read once, checked, and deleted at once; the
model stays in memory, apart from the trainings, and is dropped like them when nobody asks for it any more.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import torch
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import vit
from demo.models import LoadedModel
from demo.requests import Payload, errors_as_answers
from demo.safety.body_limit import MODEL_FILE
from demo.training.cost import ACTIVATION, MAX_WEIGHTS, SPEED, image_cost
from demo.training.watched_jobs import EXPIRE_SECONDS
from vit import VisionTransformer, checkpoint
from vit.checkpoint import CheckpointError
from vit.config import ViTConfig

MOST_MODELS = 12  # in memory, the ones that were asked for last
READING_SECONDS = 0.02  # of one thread for one image: about what a model takes that can just be trained here
MOST_CLASSES, MOST_LETTERS, NAME_LETTERS = 100, 40, 60
UNREADABLE = "This file holds no vision transformer that can be opened here: it is damaged, or of another kind."
OTHER_IMAGES = "This model reads other images than the page's, which have 28 by 28 grey pixels."
TOO_LARGE = f"This model is too large for this page, which opens models of at most {MAX_WEIGHTS:,} parameters."


class OpenedModels:
    """Models from files by token, `MOST_MODELS` at most. Any thread may call any method."""

    def __init__(self, most: int = MOST_MODELS, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock, self._lock = most, clock, threading.Lock()
        self._models: OrderedDict[str, tuple[LoadedModel, float]] = OrderedDict()  # with the time of the last request

    def add(self, loaded: LoadedModel) -> str:
        """Keep a model; return its token, which nobody can guess."""
        with self._lock:
            token = f"file-{uuid.uuid4().hex}"
            self._models[token] = loaded, self._clock()
            self._expire()
            return token

    def loaded(self, token: str) -> LoadedModel | None:
        """Return a model, None if there is none or no longer; each question keeps it for another hour."""
        with self._lock:
            self._expire()
            if token not in self._models:
                return None
            loaded, _ = self._models.pop(token)
            self._models[token] = loaded, self._clock()
            return loaded

    def _expire(self) -> None:
        """Drop the models that are too many, or were not asked for, with the lock held."""
        now = self._clock()
        while self._models:
            oldest, (_, asked) = next(iter(self._models.items()))
            if len(self._models) <= self._most and now - asked <= EXPIRE_SECONDS:
                return
            del self._models[oldest]


@cache
def opened() -> OpenedModels:
    """Return the models that visitors have opened here."""
    return OpenedModels()


def model_file_route() -> Route:
    """Return the route that opens a model file, the request's body; `?name=` is the file's name."""
    free = asyncio.Semaphore(1)

    async def answer(request: Request) -> JSONResponse:
        file, name = await request.body(), request.query_params.get("name", "")
        async with free:
            return JSONResponse(await run_in_threadpool(open_file, file, name))

    return Route(MODEL_FILE, answer, methods=["POST"])


@errors_as_answers
def open_file(file: bytes, name: str = "") -> Payload:
    """Answer with the `model`'s token, with which it reads like a visitor's own; or `error` with one sentence."""
    return {"model": opened().add(load_file(file, name))}


def load_file(file: bytes, name: str = "") -> LoadedModel:
    """Load an untrusted checkpoint, with its calibration; nothing of it stays on the disk.

    Raises:
        ValueError: it is damaged, of another kind, for other images, or too large; the message is for a visitor.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        path.write_bytes(file)
        try:
            check_size(checkpoint.read_header(path).config)
            model, calibration = vit.load(path), vit.load_calibration(path)
        except CheckpointError:
            raise ValueError(UNREADABLE) from None
    model.requires_grad_(False)
    title = "".join(letter for letter in unquote(name) if letter.isprintable())[:NAME_LETTERS] or "a model file"
    summary = f"{title}: {model.config.num_patches} patches, {model.num_params:,} parameters."
    loaded = LoadedModel(model, summary, calibration)
    check_numbers(model, loaded)
    return loaded


def check_size(config: ViTConfig) -> None:
    """Refuse a model that does not fit the page's images, or takes too much; errors as in `load_file`."""
    if (config.image_size, config.in_chans) != (28, 1):
        raise ValueError(OTHER_IMAGES)
    macs, activations, _ = image_cost(config)
    slow = macs + ACTIVATION * activations > READING_SECONDS * SPEED
    wordy = config.num_classes > MOST_CLASSES or max(map(len, config.class_names)) > MOST_LETTERS
    if config.num_weights > MAX_WEIGHTS or slow or wordy:
        raise ValueError(TOO_LARGE)


def check_numbers(model: VisionTransformer, loaded: LoadedModel) -> None:
    """Refuse a model with weights, or a reading, that are no numbers; errors as in `load_file`."""
    finite = all(bool(torch.isfinite(weights).all()) for weights in model.state_dict().values())
    if not finite or not np.isfinite(loaded.read(np.zeros((28, 28), np.float32))[1].probs).all():
        raise ValueError(UNREADABLE)
