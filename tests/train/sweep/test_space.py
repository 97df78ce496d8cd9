"""The file of a sweep: what it may say, and one sentence for what it may not."""

import math
from types import SimpleNamespace

import optuna
import pytest

from tests.train.command_line import ROOT
from train.config import RECIPES
from train.sweep.search import distribution, sampling, stopping
from train.sweep.space import SAMPLERS, Setting, Space, parse, read

LR = {"lr": {"low": 0.001, "high": 0.1, "log": True}}


def test_the_example_is_read():
    space = read(ROOT / "docs/sweep.toml")
    assert space.base == RECIPES["fast"].with_epochs(6)
    assert (space.trials, space.sampler, space.reduction_factor) == (24, "tpe", 3)
    assert space.settings["depth"] == Setting(2, 4)
    assert space.settings["schedule"].choice == ("linear", "constant")


def test_a_trial_is_the_recipe_with_its_values():
    space = parse({"trials": 1, "recipe": "blog", "fixed": {"epochs": 2, "without": [7], "rotation": 5}, "space": LR})
    ours = space.recipe({"lr": 0.02})
    assert (ours.training.lr, ours.training.epochs, ours.training.without, ours.training.rotation) == (0.02, 2, (7,), 5)
    assert (ours.model, ours.training.batch_size) == (RECIPES["blog"].model, RECIPES["blog"].training.batch_size)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"space": LR}, "trials must be there: the number of trainings"),
        ({"trials": 0, "space": LR}, "trials must be a whole number in [1, 100000], got 0"),
        ({"trials": 1}, "space must name at least one setting to search, got none"),
        ({"trials": 1, "space": 3}, "space must be a table, [space], got 3"),
        ({"trials": 1, "space": LR, "workers": 2}, "entry must be one of "),
        ({"trials": 1, "space": LR, "sampler": "grid"}, "sampler must be one of tpe, gp, random, got 'grid'"),
        ({"trials": 1, "space": LR, "recipe": "slow"}, "recipe must be one of "),
        ({"trials": 1, "space": LR, "grace_epochs": 9}, "grace_epochs must be a whole number in [1, 8], got 9"),
        ({"trials": 1, "space": LR, "fixed": {"val_size": 0}}, "val_size must be a whole number in [1, "),
        ({"trials": 1, "space": LR, "fixed": {"epochs": "many"}}, "epochs must be a whole number in "),
        ({"trials": 1, "space": LR, "fixed": {"distill": 0.5}}, "distill must be 0 in a sweep, which has no teachers"),
        ({"trials": 1, "space": {"seed": {"low": 0, "high": 9}}}, "setting in space must be one of "),
        ({"trials": 1, "space": {"lr": 0.1}}, "lr must be { low = ..., high = ..., log = true } or "),
        ({"trials": 1, "space": {"lr": {"low": 0.1}}}, "lr must be { low = ..., high = ..., log = true } or "),
        ({"trials": 1, "space": {"lr": {"low": 0.1, "high": 0.01}}}, "lr must go from low to a larger high"),
        ({"trials": 1, "space": {"rotation": {"low": 0, "high": 9, "log": True}}}, "rotation must go from low to "),
        ({"trials": 1, "space": {"lr": {"low": 0.1, "high": 7}}}, "lr must be a finite number in (0, 1], got 7"),
        ({"trials": 1, "space": {"depth": {"low": 1.5, "high": 4}}}, "depth must have values of the type int, got 1.5"),
        ({"trials": 1, "space": {"schedule": {"low": 1, "high": 2}}}, "schedule must be { choice = [...] }, got "),
        ({"trials": 1, "space": {"schedule": {"choice": ["cosine"]}}}, "schedule must be one of constant, linear"),
        ({"trials": 1, "space": {"without": {"choice": [[7], [8]]}}}, "setting in space must be one of "),
    ],
)
def test_what_the_file_may_not_say(content, sentence):
    with pytest.raises(ValueError) as caught:
        parse(content)
    assert str(caught.value).startswith(sentence)


def test_a_file_that_is_no_toml_is_named(tmp_path):
    path = tmp_path / "space.toml"
    path.write_text("trials = many")
    with pytest.raises(ValueError, match=r"space\.toml: Invalid value"):
        read(path)


def test_values_are_drawn_from_where_they_should():
    """Both ends of integers come, and half of the values of a logarithm lie below the geometric mean."""
    settings = {"depth": Setting(2, 4), "lr": Setting(0.001, 0.1, log=True), "pool": Setting(choice=("cls", "mean"))}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    spaces = {name: distribution(setting) for name, setting in settings.items()}
    drawn = [study.ask(spaces).params for _ in range(300)]
    assert {one["depth"] for one in drawn} == {2, 3, 4}
    assert {one["pool"] for one in drawn} == {"cls", "mean"}
    rates = [one["lr"] for one in drawn]
    assert 0.001 <= min(rates) < max(rates) <= 0.1
    assert sum(rate < math.sqrt(0.001 * 0.1) for rate in rates) == pytest.approx(150, abs=30)


@pytest.mark.parametrize("name", SAMPLERS)
def test_each_sampler_suggests_values(name):
    space = Space(RECIPES["fast"], {"lr": Setting(0.001, 0.1, log=True)}, trials=2, sampler=name)
    search = sampling(space)
    for number in range(3):
        values = search.suggest(f"{number}")
        assert values and 0.001 <= values["lr"] <= 0.1
        search.on_trial_complete(f"{number}", {"accuracy": 0.5})


def test_asha_stops_those_that_are_worse_than_most():
    """Not before the epochs of grace, and the best never."""
    space = Space(RECIPES["fast"], {"lr": Setting(0.001, 0.1)}, trials=9, grace_epochs=2, reduction_factor=3)
    asha, controller = stopping(space), None
    trials = {accuracy: SimpleNamespace(trial_id=f"{accuracy}") for accuracy in (0.9, 0.5, 0.6, 0.95, 0.1)}
    decisions = {}
    for accuracy, trial in trials.items():
        asha.on_trial_add(controller, trial)
        decisions[accuracy] = [
            asha.on_trial_result(controller, trial, {"epoch": epoch, "accuracy": accuracy}) for epoch in (1, 2)
        ]
    assert decisions == {
        0.9: ["CONTINUE", "CONTINUE"],
        0.5: ["CONTINUE", "STOP"],
        0.6: ["CONTINUE", "STOP"],
        0.95: ["CONTINUE", "CONTINUE"],
        0.1: ["CONTINUE", "STOP"],
    }
