"""The answers of tab "Race": one job trains three networks, which read the drawing and are asked why."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from demo.component import FOLDER
from demo.requests import Reader
from demo.tabs.race.server import GONE, RaceServer
from demo.training.race_job import RACE
from demo.training.training_queue import Jobs
from tests.demo.packed import unpack
from tests.demo.training.jobs_data import DIGITS, PATIENCE, Clock, Loader
from train.families.changes import CHANGES
from train.families.erased import erased_shapley
from vit import checkpoint, ink

STROKES = {one["label"]: one["strokes"] for one in json.loads((checkpoint.ASSETS / "examples.json").read_text())}
SHORT = RACE.with_training(replace(RACE.training, epochs=1, batch_size=64, val_size=40))
STEPS = 3  # 160 images, 64 at a time
DRAWING = {"strokes": STROKES[1]}


@pytest.fixture
def tab(jobs) -> RaceServer:
    return RaceServer(Reader({}.get), jobs)


def followed(tab, job, *states):
    """Follow the race until it is in one of the states."""
    deadline = time.monotonic() + 4 * PATIENCE  # three networks are tested on six kinds of digits
    while (answer := tab.follow({"job": job, "drawing": DRAWING}))["state"] not in states:
        assert time.monotonic() < deadline, answer
        time.sleep(0.01)
    return answer


@pytest.fixture(scope="module")
def over():
    """A race that is over: the tab, its id, and its last answer."""
    jobs = Jobs("nowhere", load=Loader(), clock=Clock())
    tab = RaceServer(Reader({}.get), jobs)
    job = jobs.start_race(SHORT)
    yield tab, job, followed(tab, job, "done", "failed", "stopped")
    jobs.close()


def test_a_race_is_one_job_and_all_three_take_the_same_steps(over):
    _, _, answer = over
    assert (answer["state"], answer["message"], answer["step"]) == ("done", "The race is over.", STEPS)
    assert [one["name"] for one in answer["networks"]] == ["vit", "cnn", "mlp"]
    for one in answer["networks"]:
        assert one["weights"] == pytest.approx(269_098, rel=0.001)
        steps, seconds, shares = zip(*one["points"], strict=True)
        assert steps == (1, STEPS) and seconds[0] < seconds[1] and min(shares) >= 0


def test_the_results_are_those_of_the_networks_that_read(over):
    tab, job, answer = over
    _, networks = tab.jobs.race(job)
    images, labels = DIGITS["test"].images[:, None] / 255, DIGITS["test"].labels
    for one in answer["networks"]:
        assert one["results"].keys() == CHANGES.keys()
        right = (networks[one["name"]](images).argmax(dim=1) == labels).float().mean().item()
        assert one["results"]["clean"] == pytest.approx(right)
        image = torch.from_numpy(ink.from_strokes(STROKES[1]))[None, None]
        np.testing.assert_allclose(one["probs"], networks[one["name"]](image)[0].softmax(dim=0), atol=1e-4)


def test_each_network_is_asked_why_it_reads_what_it_reads(over):
    tab, job, answer = over
    maps = tab.why({"job": job, "drawing": DRAWING})["maps"]
    _, networks = tab.jobs.race(job)
    image = torch.from_numpy(ink.from_strokes(STROKES[1]))[None]
    for one in answer["networks"]:
        found = maps[one["name"]]
        assert (found["digit"], found["exact"]) == (int(np.argmax(one["probs"])), True)
        expected = erased_shapley(networks[one["name"]], image, found["digit"])
        np.testing.assert_allclose(unpack(found["values"]), expected, atol=1e-5)


def test_a_race_waits_for_its_turn_and_can_be_stopped(tab):
    long = RACE.with_training(replace(SHORT.training, epochs=10_000))
    first, second = (tab.jobs.start_race(long) for _ in range(2))
    followed(tab, first, "running")
    assert tab.follow({"job": second})["message"] == "Waiting: 1 training is ahead of yours."
    assert tab.stop({"job": second}) == tab.stop({"job": first}) == {}
    answer = followed(tab, first, "stopped")
    assert answer["networks"][0]["results"].keys() == CHANGES.keys()  # of what they had learned
    assert tab.follow({"job": second}) | {"message": ""} == {
        **{"state": "stopped", "progress": 0.0, "step": 0, "networks": [], "message": ""},
    }


def test_its_time_ends_a_race(tab):
    job = tab.jobs.start_race(RACE.with_training(replace(SHORT.training, epochs=10_000)), seconds=0.2)
    answer = followed(tab, job, "done")
    assert answer["progress"] == 1.0 and 0 < answer["step"] < 50_000


def test_the_page_has_words_for_every_change():
    script = (FOLDER / "tabs" / "race" / "words.js").read_text(encoding="utf-8")
    assert all(f'"{name}": t(' in script or f"{name}: t(" in script for name in CHANGES)


@pytest.mark.parametrize(
    ("ask", "payload", "sentence"),
    [
        ("follow", {"job": "nobody"}, GONE),
        ("follow", {}, GONE),
        ("why", {"job": 5}, GONE),
        ("stop", {"job": None}, GONE),
    ],
)
def test_a_race_that_is_not_there_is_one_sentence(tab, ask, payload, sentence):
    assert getattr(tab, ask)(payload) == {"error": sentence}


def test_a_drawing_that_is_none_is_one_sentence(over):
    tab, job, _ = over
    assert list(tab.why({"job": job})) == ["error"]
    assert "point" in tab.follow({"job": job, "drawing": {"strokes": [[3]]}})["error"]


def test_a_full_queue_is_said(make):
    jobs = make(max_waiting=0)
    tab = RaceServer(Reader({}.get), jobs)
    jobs.start_race(RACE.with_training(replace(SHORT.training, epochs=10_000)))
    assert tab.start({})["error"].startswith("Not started: the queue is full")
