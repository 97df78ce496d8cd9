"""The table and the picture of a sweep, from trials whose order is known."""

from pathlib import Path

import pytest
from PIL import Image

from train.score import wilson
from train.sweep import report
from train.sweep.search import Trial
from train.sweep.space import Setting, parse

SPACE = parse(
    {
        "trials": 4,
        "fixed": {"epochs": 3, "val_size": 100},
        "space": {"lr": {"low": 0.001, "high": 0.1, "log": True}, "pool": {"choice": ["cls", "mean"]}},
    }
)


def trial(name: str, accuracy: float, loss: float | None, epoch: int, problem: str = "") -> Trial:
    return Trial(Path("sweep", name), {"lr": 0.0123456, "pool": "mean"}, accuracy, loss, epoch, True, problem)


TRIALS = [
    trial("stopped", 0.8, 0.6, 1),
    trial("broken", 0.0, None, 0, "the loss became nan at step 4"),
    trial("second", 0.9, 0.4, 3),
    trial("best", 0.9, 0.3, 3),
]


def test_the_best_come_first_and_those_with_a_problem_last():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in report.table(SPACE, TRIALS).splitlines()]
    assert rows[0] == ["held-out digits", "loss", "epochs", "lr", "pool", "run", "note"]
    assert [row[5] for row in rows[2:]] == ["best", "second", "stopped", "broken"]
    low, high = wilson(0.9, 100)
    assert rows[2] == [f"90.00% ({low:.2%} to {high:.2%})", "0.3000", "3", "0.01235", "mean", "best", ""]
    assert [row[6] for row in rows[3:]] == ["", "stopped early", "the loss became nan at step 4"]
    assert report.best(TRIALS).folder.name == "best"


@pytest.mark.parametrize(
    ("trials", "sentence"),
    [
        ([], "no trial has learned an epoch"),
        (TRIALS[1:2], "no trial has learned an epoch: the loss became nan at step 4"),
    ],
)
def test_a_sweep_without_a_model_says_so(trials, sentence):
    with pytest.raises(ValueError) as caught:
        report.best(trials)
    assert str(caught.value) == sentence


def test_the_picture_has_a_panel_for_each_setting(tmp_path):
    """Twice as wide with two settings as with one."""
    report.save_picture(SPACE, TRIALS, tmp_path / "two.png")
    one = parse({"trials": 4, "fixed": {"epochs": 3, "val_size": 100}, "space": {"lr": {"low": 0.001, "high": 0.1}}})
    report.save_picture(one, TRIALS, tmp_path / "one.png")
    widths = [Image.open(tmp_path / name).width for name in ("one.png", "two.png")]
    assert widths[1] == 2 * widths[0]


def test_a_choice_lies_side_by_side_along_its_axis():
    setting = Setting(choice=("cls", "mean"))
    assert report.positions(setting, TRIALS, "pool") == [1, 1, 1, 1]
