"""Test that every tab builds, and that the settings of tab Train become a recipe or an error sentence."""

import inspect
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
import torch

from demo.app import build
from demo.component import FOLDER
from demo.requests import Reader
from demo.steps import STEPS, TABS, name_of
from demo.tabs.patches.measured_costs import MeasuredCosts
from demo.tabs.train.actions import (
    follow,
    remember_own,
    remember_shipped,
    restore,
    start,
    start_again,
    start_experiment,
    start_recipe,
    stop,
    use,
)
from demo.tabs.train.experiments import BASE, EXPERIMENTS, experiment_settings
from demo.tabs.train.plan import EPOCHS, NAMES, duration, recipe_of, settings_of, show_plan
from demo.training.training_queue import Jobs
from demo.training.watched_jobs import WatchedJobs
from tests.demo.training.jobs_data import RECIPE, ended, until
from train.config import RECIPES


def test_the_page_says_when_an_unwatched_training_ends():
    """Compare with the default of the page's jobs; `test_watched_jobs` tests what they do."""
    said = [str(block.value) for block in build().blocks.values() if isinstance(block, gr.Markdown)]
    limit = inspect.signature(WatchedJobs).parameters["idle_seconds"].default
    assert any(f"Training ends {limit:.0f} seconds after you close this page" in text for text in said)


def test_the_page_has_all_tabs_and_each_has_a_docstring():
    page = build()
    titles = [block.label for block in page.blocks.values() if isinstance(block, gr.Tab)]
    assert titles == [tab.TITLE for tab in TABS]
    assert all(tab.__doc__ for tab in TABS)


def test_every_event_has_a_name_and_only_two_are_public():
    events = list(build().fns.values())
    assert {event.api_name for event in events if event.api_visibility == "public"} == {"read", "read_image"}
    assert all(event.api_name for event in events)


@pytest.mark.parametrize("base", EPOCHS)
def test_unchanged_settings_are_the_recipe_except_for_its_length(base):
    chosen = recipe_of(base, *settings_of(base))
    assert chosen.model == RECIPES[base].model
    assert chosen.training == replace(RECIPES[base].training, epochs=EPOCHS[base])


def changed(**changes):
    """Return the settings of `fast` with some others."""
    return [changes.get(name, value) for name, value in zip(NAMES, settings_of("fast"), strict=True)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("patch_size", 5),
        ("embed_dim", 20.5),
        ("num_heads", 5),
        ("pool", "max"),
        ("batch_size", None),
        ("lr", None),
        ("lr", float("nan")),
        ("seed", "seven"),
        ("seed", True),
        ("seed", float("inf")),
        ("embed_dim", 10**400),
        ("per_class", -1),
        ("without", list(range(10))),
        ("dataset", "cats"),
        ("rotation", 400),
    ],
)
def test_the_plan_names_an_invalid_setting(jobs, name, value):
    said, shown, _ = show_plan(jobs, "fast", *changed(**{name: value}))
    assert said.startswith("**This cannot be trained:**") and shown is None
    assert name in said


def test_numbers_reach_the_server_as_typed():
    """A rounded 1.5 would be another seed than the page shows, and Gradio's own limits do not name the control."""
    numbers = [block for block in build().blocks.values() if isinstance(block, gr.Number)]
    assert {"Seed", "Images of each class", "Peak learning rate", "Weight decay"} <= {one.label for one in numbers}
    for number in numbers:
        assert [number.preprocess(value) for value in (1.5, -1, 1e300, 7)] == [1.5, -1, 1e300, 7]


def test_the_plan_has_the_models_numbers_and_the_command(jobs):
    said, shown, _ = show_plan(jobs, "fast", *settings_of("fast"))
    assert said.startswith("269,098 parameters, 16 patches, 17 tokens, 1,720 steps. This takes about ")
    assert said.endswith("`python -m train --recipe fast --epochs 4`") and "measured here with a few steps" in said
    assert shown is not None and shown["varied"]
    said, shown, _ = show_plan(jobs, "blog", *settings_of("blog"))
    assert said.startswith("848,458 parameters, 16 patches, 17 tokens, 860 steps. This takes about ")
    assert shown is not None and not shown["varied"]


def test_the_plan_counts_the_images_of_a_subset(jobs):
    said = show_plan(jobs, "fast", *changed(per_class=64, without=[7, 9], epochs=1))[0]
    assert ", 4 steps. " in said  # eight classes of 64 images in batches of 128
    assert said.endswith("`python -m train --recipe fast --epochs 1 --per-class 64 --without 7 9`")


def test_other_data_sets_set_their_classes():
    chosen = recipe_of("digits-4x4", *changed(dataset="emnist-letters", without=[25]))
    assert (chosen.model.num_classes, chosen.model.class_names[25], chosen.training.rare_shapes) == (26, "Z", 0)


def test_during_a_training_nothing_is_measured(jobs, pace):
    job = jobs.start(RECIPE)
    until(jobs, job, "running")
    said = show_plan(jobs, "fast", *changed(depth=2))[0]
    assert "estimated from the model's size, because a training runs now" in said
    answer = MeasuredCosts(Reader(jobs.loaded), jobs).measure({"model": None, "patch_size": 7})
    assert answer == {"error": "A training runs, so times would be wrong. Measure again when it has ended."}


def test_planning_does_not_use_the_global_generator(jobs):
    before = torch.get_rng_state()
    show_plan(jobs, "blog", *settings_of("blog"))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("mine", [None, [], "x", 5, {}, {"job": 5}, {"job": ["a"]}, {"reads": {}}])
def test_any_stored_state_of_the_browser_is_accepted(mine):
    jobs = Jobs()
    assert restore(jobs, mine)[1] is None
    assert stop(jobs, mine)[0] is None
    assert remember_shipped(mine)["reads"] is None
    assert remember_own(mine, gr.EventData(None, mine))["reads"] is None
    with pytest.raises(gr.Error, match="no longer stored"):
        use(jobs, mine, gr.EventData(None, mine))


def test_the_model_that_reads_is_restored(jobs):
    """The visitor's own model is restored, also after another training; or a shipped one if they chose it again."""
    first = jobs.start(RECIPE)
    ended(jobs, first)
    mine, wish = use(jobs, {"job": first, "reads": None}, gr.EventData(None, {"model": first}))
    assert (mine["job"], mine["reads"], wish["model"], wish["remembered"]) == (first, first, first, False)
    second = jobs.start(RECIPE)
    ended(jobs, second)
    mine = {"job": second, "reads": first}
    wish = restore(jobs, mine)[0]
    assert (wish["model"], wish["remembered"]) == (first, True)
    mine = remember_shipped(mine)
    assert (mine["job"], mine["reads"]) == (second, None)
    assert restore(jobs, mine)[0] == gr.skip()
    mine = remember_own(mine, gr.EventData(None, {"model": first}))
    assert (mine["job"], mine["reads"]) == (second, first)


def test_a_training_of_a_link_is_followed_and_goes_on_when_another_starts(jobs, pace):
    theirs = jobs.start(RECIPE)
    mine = follow(jobs, {}, gr.EventData(None, {"job": theirs}))[0]
    assert (mine["job"], mine["linked"]) == (theirs, theirs)
    started = start_recipe(jobs, mine, RECIPE)[0]
    assert started["job"] != theirs and started["linked"] is None
    assert follow(jobs, started, gr.EventData(None, {"job": theirs}))[0] == started  # one of their own is under way
    pace.let_all()
    assert ended(jobs, theirs).state == "done"


@pytest.mark.parametrize(("seconds", "said"), [(12.3, "12 seconds"), (89, "89 seconds"), (150, "2 minutes")])
def test_duration_in_words(seconds, said):
    assert duration(seconds) == said


def test_a_training_starts_again_with_the_suggested_change(jobs):
    first = jobs.start(RECIPE)
    ended(jobs, first)
    mine = start_again(jobs, {"job": first, "reads": None}, gr.EventData(None, {"job": first, "change": {"lr": 0.01}}))[
        0
    ]
    assert mine["job"] != first
    assert jobs.origin(mine["job"])[1] == replace(RECIPE, training=replace(RECIPE.training, lr=0.01))
    ended(jobs, mine["job"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (None, "no longer stored"),
        ({"job": "nobody's", "change": {"lr": 0.1}}, "no longer stored"),
        ({"change": {"lr": 9}}, "lr must be"),
        ({"change": {"seed": 1.5}}, "seed must be a whole number"),
        ({"change": {"epochs": 10**400}}, "epochs must be a whole number"),
        ({"change": {"speed": 1}}, "speed"),
        ({"change": "faster"}, "no longer stored"),
    ],
)
def test_an_invalid_change_is_refused(jobs, asked, said):
    first = jobs.start(RECIPE)
    ended(jobs, first)
    asked = {"job": first} | asked if asked else asked
    with pytest.raises(gr.Error, match=said):
        start_again(jobs, {"job": first, "reads": None}, gr.EventData(None, asked))


def test_every_view_belongs_to_one_step_and_its_heading_is_its_question():
    views = [view for step in STEPS for view in step.views]
    assert views == list(TABS)
    assert sorted(map(name_of, views)) == sorted(file.parent.name for file in (FOLDER / "tabs").glob("*/__init__.py"))
    for view in views:
        folder = Path(str(view.__file__)).parent
        page = folder / "view.html"
        heading = f"<h2>{view.QUESTION}</h2>" if page.exists() else f"## {view.QUESTION}"
        assert heading in (page.read_text(encoding="utf-8") if page.exists() else view.INTRO)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_differs_from_the_recipe_only_where_it_says(name):
    settings = dict(zip(NAMES, experiment_settings(name, per_class=300), strict=True))
    usual = dict(zip(NAMES, settings_of(BASE), strict=True))
    differs = {setting: value for setting, value in settings.items() if value != usual[setting]}
    assert differs == EXPERIMENTS[name] | ({"per_class": 300} if name == "least_data" else {})
    assert recipe_of(BASE, *settings.values()).model.positions == ("none" if name == "no_positions" else "learned")


def test_an_experiment_starts_with_one_click_and_fills_the_settings(jobs):
    asked = gr.EventData(None, {"name": "few_images"})
    answer = start_experiment(jobs, {"job": None, "reads": None}, asked)
    mine, state, base = answer[0], answer[1], answer[4]
    settings = dict(zip(NAMES, answer[5:], strict=True))
    assert (base, settings["per_class"], settings["epochs"], settings["seconds"]) == ("fast", 100, 20, 0)
    assert state["id"] == mine["job"]
    origin = jobs.origin(mine["job"])
    assert origin is not None and origin[1] == recipe_of(base, *settings.values())
    jobs.stop(mine["job"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (None, "there is no experiment 'None'"),
        ({"name": ["quick"]}, "there is no experiment"),
        ({"name": "least_data"}, "per_class must be a whole number, got None"),
        ({"name": "least_data", "per_class": 2.5}, "per_class must be a whole number, got 2.5"),
        ({"name": "least_data", "per_class": -4}, "per_class must be a whole number in"),
    ],
)
def test_an_unknown_experiment_is_refused(jobs, asked, said):
    with pytest.raises(gr.Error, match=said):
        start_experiment(jobs, {"job": None, "reads": None}, gr.EventData(None, asked))


@pytest.mark.parametrize(("seconds", "said"), [(-1, "seconds must be"), (601, "seconds must be"), (None, "seconds")])
def test_an_invalid_time_limit_is_refused(jobs, seconds, said):
    text, shown, _ = show_plan(jobs, "fast", *changed(seconds=seconds))
    assert text.startswith("**This cannot be trained:** ") and said in text and shown is None
    with pytest.raises(gr.Error, match=said):
        start(jobs, {"job": None, "reads": None}, "fast", *changed(seconds=seconds))


def test_the_plan_of_a_training_with_a_time_limit_has_one_time(jobs):
    text = show_plan(jobs, "fast", *changed(seconds=30))[0]
    assert "at most 30 seconds: here " in text and text.count("seconds") == 1
