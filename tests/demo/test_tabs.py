"""The tabs: each builds, and the Train tab's settings become the recipe that they say, or a sentence."""

import gradio as gr
import pytest
import torch

from demo.app import build
from demo.jobs import Jobs
from demo.tabs import TABS
from demo.tabs.train import (
    duration,
    own_again,
    plan,
    recipe_of,
    settings_of,
    shipped_again,
    stop,
    use,
    welcome_back,
)
from tests.demo.jobs_data import RECIPE, ended
from train.config import RECIPES


def test_the_page_has_the_tabs_and_each_says_what_it_teaches():
    page = build()
    titles = [block.label for block in page.blocks.values() if isinstance(block, gr.Tab)]
    assert titles == [tab.TITLE for tab in TABS]
    assert all(tab.__doc__ for tab in TABS)


def test_every_event_has_a_name_and_only_two_are_public():
    events = list(build().fns.values())
    assert {event.api_name for event in events if event.api_visibility == "public"} == {"read", "read_image"}
    assert all(event.api_name for event in events)


@pytest.mark.parametrize("base", ["fast", "blog"])
def test_untouched_settings_are_the_recipe_but_for_its_length(base):
    chosen, images = recipe_of(base, *settings_of(base))
    assert chosen.model == RECIPES[base].model
    taught = RECIPES[base].training
    assert images + taught.val_size == 60_000
    for name in ("batch_size", "optimizer", "lr", "weight_decay", "schedule", "warmup", "rotation", "seed", "val_size"):
        assert getattr(chosen.training, name) == getattr(taught, name), name


def changed(place, value):
    settings = list(settings_of("fast"))
    settings[place] = value
    return settings


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (0, 5, "patch_size"),
        (1, 20.5, "embed_dim"),
        (2, 0, "depth"),
        (3, 5, "num_heads"),
        (4, -16, "mlp_dim"),
        (5, 0, "epochs"),
        (6, 0, "images"),
        (7, None, "batch_size"),
        (8, 0, "lr"),
        (8, None, "lr"),
        (8, 10**6, "lr"),
        (9, "seven", "seed"),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(place, value, named):
    said = plan("fast", *changed(place, value))
    assert said.startswith("**This cannot be trained:**")
    assert named in said


def test_the_plan_has_the_models_numbers():
    assert plan("fast", *settings_of("fast")).startswith("269,098 weights, 16 patches of 7×7, about ")
    assert plan("blog", *settings_of("blog")).startswith("848,458 weights, 16 patches of 7×7, about ")


def test_planning_draws_nothing_from_the_generator_of_a_training():
    before = torch.get_rng_state()
    plan("blog", *settings_of("blog"))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("mine", [None, [], "x", 5, {}, {"job": 5}, {"job": ["a"]}, {"reads": {}}])
def test_whatever_the_browser_remembers_is_taken(mine):
    jobs = Jobs()
    assert welcome_back(jobs, mine)[1] is None
    assert stop(jobs, mine)[0] is None
    assert shipped_again(mine)["reads"] is None
    assert own_again(mine, gr.EventData(None, mine))["reads"] is None
    with pytest.raises(gr.Error, match="no longer kept"):
        use(jobs, mine)


def test_what_reads_is_remembered_and_found_again(jobs):
    """Their own model, also when another training has begun since; and a shipped one after they went back to that."""
    first = jobs.start(RECIPE)
    ended(jobs, first)
    mine, wish = use(jobs, {"job": first, "reads": None})
    assert (mine, wish["model"], wish["remembered"]) == ({"job": first, "reads": first}, first, False)
    second = jobs.start(RECIPE)
    ended(jobs, second)
    mine = {"job": second, "reads": first}
    wish = welcome_back(jobs, mine)[0]
    assert (wish["model"], wish["remembered"]) == (first, True)
    mine = shipped_again(mine)
    assert mine == {"job": second, "reads": None}
    assert welcome_back(jobs, mine)[0] == gr.skip()
    assert own_again(mine, gr.EventData(None, {"model": first})) == {"job": second, "reads": first}


@pytest.mark.parametrize(("seconds", "said"), [(12.3, "12 seconds"), (89, "89 seconds"), (150, "2 minutes")])
def test_durations_are_said_as_people_do(seconds, said):
    assert duration(seconds) == said
