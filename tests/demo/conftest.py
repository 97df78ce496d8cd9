"""Fixtures of the page's tests: two shipped models, and a training queue with a clock and steps under control."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import demo.training.running_job
import vit
from demo.training.training_queue import Jobs
from tests.demo.shipping import ship
from tests.demo.training.jobs_data import Clock, Loader, Pace
from vit import checkpoint

# Here, since pytest's `--hypothesis-profile` comes before the tests are imported.
settings.register_profile("short", max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("long", settings.get_profile("short"), max_examples=1500)
settings.load_profile("short")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def make(clock, loader) -> Iterator:
    """Return a function that makes a `Jobs` with small digits and the test's clock; close them at the end."""
    all_jobs: list[Jobs] = []

    def make(**changes) -> Jobs:
        all_jobs.append(Jobs("nowhere", **({"load": loader, "clock": clock} | changes)))
        return all_jobs[-1]

    yield make
    for jobs in all_jobs:
        jobs.close()


@pytest.fixture
def jobs(make) -> Jobs:
    return make()


@pytest.fixture
def pace(make, monkeypatch) -> Iterator[Pace]:
    """Hold back all trainings that start from here on; at the end let them run, so that `make` can close its queues."""
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
