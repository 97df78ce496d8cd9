"""Two shipped models; small digits to train on, a clock that goes when the test says so, and steps that wait for it."""

from collections.abc import Iterator

import pytest

import demo.training.running_job
import vit
from demo.training.training_queue import Jobs
from tests.demo.shipping import ship
from tests.demo.training.jobs_data import Clock, Loader, Pace
from vit import checkpoint


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def make(clock, loader) -> Iterator:
    """Make a `Jobs` of small digits on the test's own clock, closed at the end."""
    made: list[Jobs] = []

    def make(**changes) -> Jobs:
        made.append(Jobs("nowhere", **({"load": loader, "clock": clock} | changes)))
        return made[-1]

    yield make
    for jobs in made:
        jobs.close()


@pytest.fixture
def jobs(make) -> Jobs:
    return make()


@pytest.fixture
def pace(make, monkeypatch) -> Iterator[Pace]:
    """Hold trainings back from here on; nothing is held back any more when `make` closes what it made."""
    pace = Pace()
    monkeypatch.setattr(demo.training.running_job, "train", pace)
    yield pace
    pace.let_all()


@pytest.fixture
def two_ship(tmp_path, monkeypatch) -> dict[str, vit.VisionTransformer]:
    """Ship two models in place of all others; see `tests.demo.shipping`."""
    models = ship(tmp_path)
    monkeypatch.setattr(checkpoint, "ASSETS", tmp_path)
    return models
