"""Test tab History: the list describes trainings and how to repeat them; two models read side by side."""

import shlex
from dataclasses import replace

import pytest
import torch

import vit
from demo.requests import Reader
from demo.tabs.train.history.server import MAX_POINTS, MAX_RUNS, History, recipe_words
from tests.demo.asking import wait_for
from tests.demo.training.jobs_data import DIGITS, RECIPE, TINY, ended, same, until, weights
from train import run_folder as folders
from train.__main__ import apply_flags, command_line
from train.config import RECIPES, Recipe, TrainConfig, recipe
from train.loop import train
from train.recipe_command import command
from train.splits import hold_out

SEVEN = {"strokes": [[[60, 60], [220, 60], [120, 230]]]}


@pytest.fixture
def runs(jobs) -> History:
    return History(Reader(jobs.loaded), jobs)


def test_the_list_describes_the_trainings(jobs, runs):
    first, second = jobs.start(RECIPE), jobs.start(Recipe(replace(TINY, depth=2), RECIPE.training))
    state = [ended(jobs, job) for job in (first, second)][1]
    listed = runs.list({"jobs": [second, "nobody's", 7, first]})["runs"]
    assert [run and run["id"] for run in listed] == [second, None, None, first]
    assert listed[0]["test_accuracy"] == state.test_accuracy
    low, high = listed[0]["test_interval"]
    assert low < state.test_accuracy < high or state.test_accuracy in (0, 1)
    assert [row[0] for row in listed[0]["val"]] == [5, 10, 15] and len(listed[0]["train"]) <= MAX_POINTS
    assert "depth 2" in listed[0]["differences"] and "depth 1" in listed[3]["differences"]
    assert "4 patches" in listed[0]["differences"] and "patch_size" not in listed[0]["differences"]


@pytest.mark.parametrize(("name", "title"), [("fast", "fast"), ("blog", "blog"), ("digits-4x4", "best")])
def test_a_recipe_has_the_title_of_the_tab(name, title):
    words_of = recipe_words("", recipe(name))
    assert (words_of["recipe"], words_of["differences"]) == (title, "")
    assert f"--recipe {name}" in words_of["command"]


def test_a_list_of_too_many_trainings_is_refused(runs):
    assert "at most" in runs.list({"jobs": ["x"] * (MAX_RUNS + 1)})["error"]
    assert "at most" in runs.list({})["error"] and "at most" in runs.list([])["error"]


@pytest.mark.parametrize("name", RECIPES)
def test_the_command_gives_exactly_the_recipe(name):
    base = recipe(name)
    model = replace(base.model, embed_dim=48, num_heads=4, depth=2, dropout=0.25)
    changed = replace(base.training, epochs=7, lr=1.25e-4, rotation=3.5, seed=11, schedule="linear", optimizer="muon")
    for expected in (base, Recipe(model, base.training), Recipe(base.model, changed), Recipe(model, changed)):
        words = shlex.split(command(expected))
        assert words[:3] == ["python", "-m", "train"]
        args = command_line().parse_args(words[3:])
        assert apply_flags(recipe(args.recipe), args) == expected


def test_models_side_by_side_read_like_each_alone(jobs, runs):
    job = jobs.start(RECIPE)
    ended(jobs, job)
    image = torch.from_numpy(runs.reader.image(SEVEN))[None, None]
    read = runs.compare({"models": [job, "digits-4x4"], **SEVEN})["readings"]
    assert read[0]["probs"] == pytest.approx(jobs.model(job)(image).softmax(-1)[0].tolist(), abs=1e-5)
    assert read[1]["digit"] == vit.load("digits-4x4")(image).argmax() == 7
    assert "no longer stored" in runs.compare({"models": ["gone"], **SEVEN})["error"]
    assert "one to four" in runs.compare({"models": [], **SEVEN})["error"]


def test_deleting_a_running_training_stops_it(jobs, runs, pace):
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    runs.forget({"job": job})
    pace.let_all()
    wait_for(lambda: jobs.state(job) is None)
    assert runs.list({"jobs": [job]})["runs"] == [None] and jobs.model(job) is None


def test_an_adopted_model_is_listed_like_a_trained_one(jobs, runs, tmp_path):
    model = vit.VisionTransformer(TINY)
    job = jobs.adopt(model, {"taught": 3}, "a model that was taught", 2.0)
    image = runs.reader.image(SEVEN)
    logits = model.eval()(torch.from_numpy(image)[None, None]).detach()
    assert jobs.loaded(job).read(image)[1].probs == pytest.approx((logits / 2).softmax(-1)[0].tolist(), abs=1e-5)
    assert jobs.loaded(job).summary.startswith("a model that was taught, ")
    run = runs.list({"jobs": [job]})["runs"][0]
    assert (run["state"], run["can_use"], run["recipe"], run["command"]) == (
        "done",
        True,
        "a model that was taught",
        "",
    )
    assert jobs.save(job, tmp_path / "it.safetensors")
    assert vit.checkpoint.read_header(tmp_path / "it.safetensors").recipe == {"taught": 3}


def test_a_downloaded_model_resumes_like_an_uninterrupted_training(jobs, tmp_path):
    """One more epoch at a constant rate gives the same model as an uninterrupted training."""
    plain = Recipe(TINY, replace(RECIPE.training, schedule="constant", epochs=2))
    job = jobs.start(plain)
    ended(jobs, job)
    jobs.save(job, tmp_path / "mine.safetensors")
    found = folders.resume(tmp_path / "mine.safetensors")
    assert (found.recipe, found.done_epochs) == (plain, 2)
    longer = replace(plain.training, epochs=3)
    train_set, val_set = hold_out(DIGITS["train"], longer)
    list(
        train(found.model.requires_grad_(True), train_set, val_set, longer, done_epochs=2, resume=found.optimizer_state)
    )
    whole = jobs.start(Recipe(TINY, longer))
    ended(jobs, whole)
    assert same(weights(found.model), weights(jobs.model(whole)))


def test_a_training_stopped_within_an_epoch_resumes_with_its_weights(jobs, pace, tmp_path):
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    pace.let(3)
    until(jobs, job, "running", step=3)
    jobs.stop(job)
    pace.let_all()
    assert ended(jobs, job).state == "stopped"
    jobs.save(job, tmp_path / "mine.safetensors")
    found = folders.resume(tmp_path / "mine.safetensors")
    assert found.done_epochs == 0 and not found.optimizer_state and found.recipe.training.whiten == 0
    assert same(weights(found.model), weights(jobs.model(job)))


def test_only_recent_trainings_keep_snapshots_and_optimiser(make, tmp_path, clock):
    jobs = make(max_full=1)
    first, second = jobs.start(RECIPE), jobs.start(Recipe(TINY, TrainConfig(epochs=1, val_size=40)))
    ended(jobs, first)
    clock.now += 1
    ended(jobs, second)
    assert len(jobs.live(second).snapshots.items) > 1
    (last,) = jobs.live(first).snapshots.items
    assert same(last.weights, weights(jobs.model(first)))
    assert {tensor.data_ptr() for tensor in last.weights.values()} == {
        weight.data_ptr() for weight in jobs.model(first).state_dict().values()
    }  # without a copy
    jobs.save(first, tmp_path / "first.safetensors")
    assert folders.resume(tmp_path / "first.safetensors").optimizer_state == {}
