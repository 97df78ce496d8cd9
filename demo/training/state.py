"""Training state: what the page shows of one training. Its shape is defined here, for Python and for the browser."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from demo.training.curves import Point
from train.diagnosis.finding import Finding

Status = Literal["waiting", "fetching", "running", "done", "stopped", "failed"]
End = Literal["done", "stopped", "failed"]
ENDS = get_args(End)


@dataclass(frozen=True)
class Mark:
    """Settings that the visitor changed after `step` steps, in words."""

    step: int
    text: str


@dataclass(frozen=True)
class TrainingState:
    """Snapshot of a training for the page; `demo.training.job_state.state_of` makes it.

    Attributes:
        message: one sentence for the visitor.
        progress: progress of the download, then of the steps, in [0, 1].
        seconds_left: estimate for the rest of the training; None before the second step and after the end.
        epoch: number of the current epoch, from 1; 0 before the first.
        train, val: curves; at most `demo.training.curves.MAX_POINTS` points of `train`, one point of `val` per epoch
            and one for the final weights.
        test_accuracy: accuracy of the final weights on the test images, in [0, 1]; None before the end.
        test_interval: 95 % confidence interval of `test_accuracy`.
        can_use: whether there is a final model.
        learning: whether the training takes steps, or is paused between two.
        paused, slow, unwatched: whether the visitor paused it, chose slow motion, or lets it go on alone.
        pace: steps per second; 0 if unknown.
        settings: `lr` (the peak), `weight_decay` and `augmentation` as they are now.
        marks: changes of these settings.
        names: names of the classes.
        dataset: name of the data set in `train.datasets.DATASETS`.
        images: number of training images; 0 before they are loaded.
        limit: seconds after which the training ends; 0 for no limit.
        look_for: what to try with the model afterwards, in one sentence, or "".
        findings: problems, in words; see `train.diagnosis.rules`.
        gpu: whether a GPU trains it, which nobody can pause.
        gpu_failed: whether that GPU was not to be had or failed, so that the processor may train instead.
        number: grows from state to state, so that the page can drop an old one that arrives late.
    """

    id: str
    state: Status
    message: str
    progress: float
    seconds_left: float | None
    step: int
    steps: int
    epoch: int
    epochs: int
    train: tuple[Point, ...]
    val: tuple[Point, ...]
    test_accuracy: float | None
    test_interval: tuple[float, float] | None
    can_use: bool
    learning: bool
    paused: bool
    slow: bool
    unwatched: bool
    pace: float
    settings: dict[str, float]
    marks: tuple[Mark, ...]
    names: tuple[str, ...]
    dataset: str
    images: int
    limit: float
    look_for: str
    findings: tuple[Finding, ...]
    gpu: bool = False
    gpu_failed: bool = False
    number: int = field(default=0, compare=False)

    def pack(self, max_points: int | None = None) -> dict[str, Any]:
        """Serialise for the browser; curves become rows, thinned evenly to `max_points`."""
        curves = {name: [point.row() for point in thin(getattr(self, name), max_points)] for name in ("train", "val")}
        return asdict(self) | curves


def thin(points: tuple[Point, ...], most: int | None) -> tuple[Point, ...]:
    """Return at most `most` points at even distances, the last one among them."""
    every = max(1, -(-len(points) // most)) if most else 1
    return points[::-1][::every][::-1]
