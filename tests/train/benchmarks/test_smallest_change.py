"""`python -m train.benchmarks.smallest_change`: it prints and writes how little turns an answer."""

import json

import numpy as np
import pytest

from train.benchmarks import smallest_change as command
from train.benchmarks.smallest_change import Smallest, report


def result(digit: int, pixel: float | None, patches: int | None, searched: int) -> Smallest:
    ink, added = {"pixel": pixel, "pen": 8.0}, {"pixel": None if pixel is None else 0.5, "pen": 1.0}
    runner_up = {"pixel": None if pixel is None else digit < 3, "pen": False}
    return Smallest("small", digit, ink, added, runner_up, patches, searched, inked=9)


def test_the_tables_have_medians_and_shares():
    results = [
        *(result(0, 1.0, 1, 1), result(1, 2.0, 1, 1), result(2, 4.0, 3, 3), result(3, 6.0, 5, 5)),
        *(result(4, None, None, 9), result(5, None, None, 2)),
    ]
    lines = report(results).splitlines()
    assert "| `small` | pixel | 6 | 4.0 (1.0 to inf) | 50 % | 75 % | 2 |" in lines
    assert "| `small` | pen | 6 | 8.0 (8.0 to 8.0) | 100 % | 0 % | 0 |" in lines
    assert "| `small` | 6 | 9 | 3 (1 to inf) | 33.3 % | 0.0 % | 16.7 % | 16.7 % | 16.7 % | 16.7 % |" in lines


def test_the_command_prints_and_writes_the_least_ink(model_file, tmp_path, capsys):
    out = tmp_path / "smallest.json"
    arguments = ["--digits", "2", "--model", str(model_file), "--json", str(out)]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out
    results = json.loads(out.read_text())["smallest"]
    assert [one["digit"] for one in results] == [0, 1]
    inks = [np.inf if one["ink"]["pixel"] is None else one["ink"]["pixel"] for one in results]
    assert f"| pixel | 2 | {min(inks):.1f} (" in printed
    assert command.main(arguments) == 0  # from the file
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--digits", "0"], "digits must be a whole number in [1, 300], got 0"), (["--model", "nobody"], "nobody")],
)
def test_what_cannot_be_done_is_said_in_a_sentence(arguments, message, capsys):
    assert command.main(arguments) == 1
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
