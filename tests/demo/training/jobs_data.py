"""For the tests of trainings: easy digits, replacements for loading and training, and ways to wait."""

import threading
import time

import numpy as np
import torch

from demo.training.state import TrainingState
from demo.training.training_queue import Jobs
from train.config import Recipe, TrainConfig
from train.data.dataset import Digits
from train.loop import Step, fresh_model, train
from train.splits import hold_out
from vit.config import ViTConfig
from vit.model import VisionTransformer

PATIENCE = 30.0  # seconds after which a waiting test fails

TINY = ViTConfig(patch_size=14, embed_dim=16, depth=1, num_heads=2, mlp_dim=16)
SHORT = TrainConfig(epochs=3, batch_size=32, optimizer="muon", lr=0.02, val_size=40, seed=1)
RECIPE = Recipe(TINY, SHORT)
IMAGES, TESTS = 200, 60
STEPS = 3 * 5  # three epochs of 160 images, 32 at a time


def bars(count: int, seed: int) -> Digits:
    """Make easy digits: digit k is a white bar at column 2 k + 4, on noise."""
    noise = np.random.default_rng(seed)
    labels = noise.integers(0, 10, count)
    images = noise.integers(0, 60, (count, 28, 28))
    for image, label in zip(images, labels, strict=True):
        image[:, 2 * label + 4 : 2 * label + 6] = 255
    return Digits(torch.from_numpy(images).to(torch.uint8), torch.from_numpy(labels))


DIGITS = {"train": bars(IMAGES, seed=1), "test": bars(TESTS, seed=2)}


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Loader:
    """Replaces `train.data.dataset.load`: records its calls, and runs each action of `first` once."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.first: list = []

    def __call__(self, split, _folder, progress=None, _name="mnist") -> Digits:
        self.calls.append(split)
        if self.first:
            self.first.pop(0)(progress)
        return DIGITS[split]


class Pace:
    """Replaces `train.loop.train`: gives the same events, each when the test lets it through."""

    def __init__(self) -> None:
        self.free = False
        self.permits = threading.Semaphore(0)
        self.before: list = []

    def __call__(self, *args):
        events = train(*args)
        event = next(events, None)
        while event is not None:
            if not self.free and not self.permits.acquire(timeout=PATIENCE):
                raise TimeoutError("the test never let this training go on")
            for act in self.before:
                act(event)
            answer = yield event
            try:
                event = events.send(answer)
            except StopIteration:
                return

    def let(self, events: int) -> None:
        """Let the next `events` events through."""
        self.permits.release(events)

    def let_all(self) -> None:
        """Let all events through from now on."""
        self.free = True
        self.permits.release(1000)


def state_of(jobs: Jobs, job_id: str) -> TrainingState:
    """Return the state of a job, which must exist."""
    state = jobs.state(job_id)
    assert state is not None
    return state


def until(jobs: Jobs, job_id: str, *states: str, step: int = 0) -> TrainingState:
    """Wait until the job is in one of the states, and at a step."""
    deadline = time.monotonic() + PATIENCE
    while (state := state_of(jobs, job_id)).state not in states or state.step < step:
        assert time.monotonic() < deadline, f"still {state.state} at step {state.step}: {state.message}"
        time.sleep(0.002)
    return state


def ended(jobs: Jobs, job_id: str) -> TrainingState:
    return until(jobs, job_id, "done", "stopped", "failed")


def weights(model: VisionTransformer | None) -> dict[str, torch.Tensor]:
    assert model is not None
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def share_read_right(model: VisionTransformer | None, digits: Digits) -> float:
    """Read the digits one at a time, and return the share read right."""
    assert model is not None
    with torch.no_grad():
        read = [int(model(image[None, None].float() / 255).argmax()) for image in digits.images]
    return sum(a == b for a, b in zip(read, digits.labels.tolist(), strict=True)) / len(digits)


def trained_directly(recipe: Recipe, max_images: int | None = None, steps: int | None = None) -> VisionTransformer:
    """Train without a `Jobs`."""
    train_set, val_set = hold_out(DIGITS["train"], recipe.training)
    model = fresh_model(recipe)
    for event in train(model, train_set.subset(slice(max_images)), val_set, recipe.training):
        if isinstance(event, Step) and event.step == steps:
            break
    return model.eval()
