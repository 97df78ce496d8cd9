"""The answers of tab "Learned from", against plain searches over all digits and unlearning done directly."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import vit
from demo.background import Background
from demo.requests import EXPIRED, Reader
from demo.tabs.influence.measured import MEASURED
from demo.tabs.influence.server import CHECKED, IDLE, Influence
from demo.tabs.influence.shelf import MOST, Known, Shelf
from demo.tabs.influence.source import BUDGET, NOT_STORED, moments, rate_sums, seconds, within_budget
from demo.training.curves import Point
from demo.training.snapshots import take_snapshot
from demo.training.training_queue import Jobs
from tests.demo.tabs.test_test import pictures
from tests.demo.training.jobs_data import RECIPE, Clock, ended
from tests.serving import ROOT
from tests.train.idx import NAMES, idx, write
from tests.train.influence.conftest import made_digits, tiny
from train.data.dataset import Digits
from train.evaluation.predictions import predict_logits
from train.influence.features import head_inputs, learned_digits, pixels
from train.influence.groups import random_places
from train.influence.tracin import last_weights, log_odds
from train.influence.unlearning import CHECKS, unlearn
from vit import VisionTransformer, checkpoint, ink

STROKES = {one["label"]: one["strokes"] for one in json.loads((checkpoint.ASSETS / "examples.json").read_text())}
SEVEN: dict[str, Any] = {"strokes": STROKES[7]}
IMAGE = torch.from_numpy(ink.from_strokes(STROKES[7], 6))[None]  # (1, 28, 28)
COUNT = 5240  # of which a shipped model has learned from 240


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    arrays = []
    for digits in (made_digits(COUNT), made_digits(60, seed=1)):
        arrays += [digits.images.numpy(), digits.labels.numpy()]
    files = {name: idx(array) for name, array in zip(NAMES, arrays, strict=True)}
    return write(files, tmp_path_factory.mktemp("digits") / "data")


@pytest.fixture
def jobs(folder) -> Iterator[Jobs]:
    queue = Jobs(folder)
    yield queue
    queue.close()


@pytest.fixture
def tab(jobs) -> Iterator[Influence]:
    view = Influence(Reader(jobs.loaded), jobs)
    yield view
    view.background.close()


@pytest.fixture(scope="module")
def model() -> VisionTransformer:
    return vit.load("digits-4x4")


@pytest.fixture(scope="module")
def digits(folder) -> Digits:
    return learned_digits("digits-4x4", folder)


def answered(ask, payload) -> dict:
    """Ask until the answer is there."""
    deadline = time.monotonic() + 300
    while "done" in (answer := ask(payload)):
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
    return answer


def plain_gradient(model: VisionTransformer, value: torch.Tensor) -> torch.Tensor:
    """The gradient of a value for the weights of the last block, the last norm and the head, as one vector."""
    weights = [weight for name, weight in model.named_parameters() if name in last_weights(model)]
    return torch.cat([part.flatten() for part in torch.autograd.grad(value, weights)])


def plain_influences(digits: Digits, target: int) -> list[float]:
    """TracIn of each digit, one gradient after another."""
    model = vit.load("digits-4x4").requires_grad_(True)
    own = plain_gradient(model, log_odds(model(IMAGE[None])[0], target))
    return [
        -float(plain_gradient(model, F.cross_entropy(model(image[None]), label[None])) @ own)
        for image, label in zip(pixels(digits.images), digits.labels, strict=True)
    ]


def test_what_is_found_is_what_a_plain_search_over_all_digits_finds(tab, model, digits):
    answer = answered(tab.find, SEVEN)
    assert (answer["target"], answer["digits"], answer["moments"]) == (7, len(digits), 1)
    rows = head_inputs(model, pixels(digits.images)).numpy()
    distances = np.sqrt(((rows - head_inputs(model, IMAGE[None]).numpy()) ** 2).sum(axis=1))
    order = np.argsort(plain_influences(digits, 7))
    expected = {"nearest": np.argsort(distances)[:20], "supporters": order[::-1][:20], "opponents": order[:20]}
    places = np.concatenate([expected[name] for name in answer["groups"]])
    np.testing.assert_array_equal(pictures(answer, 60), digits.images[torch.tensor(places)].numpy())
    read = predict_logits(model, pixels(digits.images)).argmax(dim=-1)
    for name, found in answer["groups"].items():
        assert [one["label"] for one in found] == digits.labels[expected[name].tolist()].tolist()
        assert [one["read"] for one in found] == read[expected[name].tolist()].tolist()


def test_the_check_is_unlearning_done_directly(tab, model, digits):
    answer = answered(tab.check, SEVEN)
    assert answer["measured"] == MEASURED["digits-4x4"]
    order = np.argsort(plain_influences(digits, 7))[::-1].copy()
    loaded = tab.reader.loaded(None)
    groups = {
        "supporters": torch.from_numpy(order[:20]),
        "same_label": random_places(digits.labels, 0, 7),
        "random": random_places(digits.labels, 1),
    }
    assert answer["before"] == pytest.approx(loaded.read(IMAGE[0].numpy())[1].probs[7], abs=1e-5)
    assert set(answer["ways"]) == set(CHECKS)
    for way, found in answer["ways"].items():
        assert tuple(found) == CHECKED
        for name, places in groups.items():
            after = unlearn(model, digits.subset(places), CHECKS[way])(IMAGE[None])
            change = log_odds(after[0], 7) - log_odds(model(IMAGE[None])[0], 7)
            assert found[name]["change"] == pytest.approx(change.item(), abs=2e-3)
            probs = loaded.calibration.probs(after)[0]
            assert found[name]["share"] == pytest.approx(float(probs[7]), abs=1e-3)
            assert found[name]["read"] == int(probs.argmax())
    assert len(groups["same_label"]) == 20 and set(digits.labels[groups["same_label"]].tolist()) == {7}


def test_a_trained_model_has_its_own_digits_and_the_moments_of_its_training(tab, jobs):
    job = jobs.start(RECIPE, max_images=100)
    assert ended(jobs, job).state == "done"
    answer = answered(tab.find, SEVEN | {"model": job})
    assert answer["digits"] == 100
    assert answer["moments"] == len(tab.shelf.get(jobs.model(job)).checkpoints) > 1
    assert answered(tab.check, SEVEN | {"model": job})["measured"] is None
    rates = [one.rate for one in tab.shelf.get(jobs.model(job)).checkpoints]
    points = jobs.state(job).train
    assert sum(rates) == pytest.approx(sum(point.lr for point in points), rel=1e-3)  # short: a point a step


def test_moments_are_spread_over_the_steps_and_weighted_by_their_learning_rates():
    final = tiny()
    stored = [take_snapshot(step, tiny()) for step in (0, 1, 3, 10, 30, 99, 100)]
    curve = [Point(step, 1.0, 0.5, lr=0.1 if step <= 50 else 0.01) for step in range(10, 101, 10)]
    found = moments(stored, curve, final, 4)
    assert [round(one.rate, 6) for one in found] == [round(30 * 0.1, 6), round(20 * 0.1 + 49 * 0.01, 6), 0.01]
    assert found[-1].model is final
    assert rate_sums(curve, [5, 100]) == pytest.approx([0.5, 4.5 + 0.5])
    for few in ([], stored[:1], stored[-1:]):
        assert [(one.model is final, one.rate) for one in moments(few, curve, final, 4)] == [(True, 1.0)]


def test_a_large_model_reads_as_many_digits_as_it_can_in_time():
    large = VisionTransformer(vit.preset("digits-7x7"))
    digits = made_digits(30)
    assert within_budget(large, digits) is digits
    many = Digits(digits.images[:1].expand(80_000, 28, 28), digits.labels[:1].expand(80_000))
    part = within_budget(large, many)
    assert seconds(large, len(part)) <= BUDGET < seconds(large, len(part) + 1)


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [({"model": "gone"}, EXPIRED), ({"strokes": 5}, "strokes must be"), ({"model": "taught"}, NOT_STORED)],
)
def test_what_cannot_be_searched_is_one_sentence(tab, jobs, payload, sentence):
    if payload.get("model") == "taught":
        payload = {"model": jobs.adopt(tiny(), {"taught": "digits-4x4"}, "taught")}
    for ask in (tab.find, tab.check):
        answer = ask(SEVEN | payload)
        assert list(answer) == ["error"]
        assert sentence in answer["error"]


def test_without_the_digits_it_says_so_until_they_are_fetched(tmp_path, monkeypatch):
    jobs, fetched = Jobs(tmp_path / "none"), []
    monkeypatch.setattr("demo.tabs.influence.server.load", lambda *asked: fetched.append(asked[:2]))
    tab = Influence(Reader(jobs.loaded), jobs)
    assert tab.find(SEVEN) == {"missing": True} == tab.check(SEVEN)
    assert tab.fetch(SEVEN)["stage"] == "fetch"
    tab.background.close()
    assert fetched == [("train", jobs.folder)]
    jobs.close()


def test_nothing_is_in_memory_before_somebody_asks_nor_soon_after(model):
    clock = Clock()
    shelf = Shelf(clock, idle=1000)
    assert shelf.get(model) is None
    others = [tiny() for _ in range(MOST + 1)]
    for one in others:
        shelf.put(one, Known(made_digits(1), ()))
    assert [shelf.get(one) is not None for one in others] == [False] + [True] * MOST
    version = shelf.version
    clock.now += 999
    shelf.drop_if_idle()
    assert shelf.get(others[-1])  # which counts as a question
    clock.now += 999
    shelf.drop_if_idle()
    assert shelf.get(others[-1])
    clock.now += 1001
    shelf.drop_if_idle()
    assert shelf.get(others[-1]) is None and shelf.version > version


def test_a_search_for_a_drawing_that_has_changed_is_dropped(jobs):
    clock = Clock()
    tab = Influence(Reader(jobs.loaded), jobs, Background(clock, idle=IDLE))
    done = []

    def work(report):
        clock.now += IDLE + 1
        report(1, 2)
        done.append(True)

    task = tab.background.ask("left", work)
    tab.background.close()
    assert task.value is None and not done


def test_the_page_has_the_figures_of_the_results():
    results = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    text = results.split("## Which training digits an answer was learned from")[1].split("\n## ")[0]
    titles = {
        "supporters": r"supporters \(TracIn\)",
        "nearest": "nearest by the cls token",
        "hardest": "same label, largest loss",
        "same_label": "same label, at random",
        "random": "at random",
    }
    for name, known in MEASURED.items():
        part = text.split(f"`{name}`")[1]
        assert f"{known['digits']} test digits" in part.split("|")[0]
        tables = re.split(r"\| against the same label", part)
        for column, way in enumerate(CHECKS):
            for group, title in titles.items():
                cells = re.search(rf"^\| {title} \|(.*)\|$", tables[0], re.MULTILINE)
                assert cells and numbers(cells[1].split("|")[1 + column]) == known["ways"][way][group]
            cells = re.search(rf"^\| {titles['supporters']} \|(.*)\|$", tables[1], re.MULTILINE)
            assert cells and numbers(cells[1].split("|")[column]) == known["ways"][way]["difference"]


def numbers(cell: str) -> tuple[float, ...]:
    return tuple(float(number) for number in re.findall(r"[+-]\d+\.\d+", cell))
