"""Test the figures that the benchmark of time to accuracy computes from its runs, and their table."""

from dataclasses import replace
from math import inf

import pytest

from tests.train.benchmarks.example_runs import MACHINE, RUNS, cells, fast, slow
from train.benchmarks import results
from train.benchmarks.report import results_table
from train.benchmarks.results import BLOG, FAST, POST, Run


@pytest.mark.parametrize(
    ("way", "target", "seconds", "epochs"),
    [
        (POST, 0.97, (200, 180, 220), 2),
        (POST, 0.98, (300, 220, inf), 3),
        (POST, 0.99, (inf, inf, inf), 3),
        (BLOG, 0.97, (80, 80, 80), 2),
        (BLOG, 0.98, (inf, inf, inf), 3),
        (FAST, 0.97, (9, 8, 10), 1),
        (FAST, 0.98, (17, 16, 18), 2),
        (FAST, 0.99, (51, 50, 52), 4),
    ],
)
def test_seconds_to_a_target(way, target, seconds, epochs):
    found = results.reach(way, target, RUNS)
    assert found is not None
    assert (found.seconds.median, found.seconds.low, found.seconds.high) == seconds
    assert found.epochs == epochs


def test_a_long_run_of_fast_does_not_count_for_a_short_one():
    """Only a whole run of that length counts, even if a longer run knew its accuracy half-way."""
    run = replace(fast(0, 2, 20.0, 0.99), accuracy=(0.985, 0.99))
    found = results.reach(FAST, 0.98, [run])
    assert found is not None
    assert (found.seconds.median, found.epochs) == (20.0, 2)


def test_ratios_are_those_of_the_medians():
    assert results.epoch_ratio(RUNS) == pytest.approx(100 / 40)
    assert results.times_sooner(0.97, RUNS) == (pytest.approx(200 / 9), False)
    assert results.times_sooner(0.98, RUNS) == (pytest.approx(300 / 17), False)
    assert results.times_sooner(0.99, RUNS) == (pytest.approx(300 / 51), True)  # until the end of the post's run
    assert results.share_of_first_epoch(0.99, RUNS) == pytest.approx(51 / 100)


def test_the_seconds_of_an_epoch_are_the_mean_of_its_run():
    """Epochs differ, so each run gives its mean; only the first epoch counts for `fast` against the post's first."""
    runs = [replace(slow(POST, seed, 0.9, 0.9), seconds=(first, 30.0)) for seed, first in ((0, 10.0), (1, 14.0))]
    assert results.epoch_seconds(POST, runs) == results.Spread(15, 15, 15)
    assert results.share_of_first_epoch(0.97, [*runs, fast(0, 1, 6.0, 0.98)]) == pytest.approx(6 / 12)


def test_a_run_of_less_than_an_epoch_counts():
    """The seconds of a whole epoch are computed from it."""
    runs = [Run(FAST, seed, 0.8, 105_546, "bfloat16", (8.0 + seed,), (0.981,)) for seed in range(3)]
    found = results.reach(FAST, 0.98, [*runs, *(fast(seed, 1, 11.0, 0.985) for seed in range(3))])
    assert found is not None
    assert (found.seconds.median, found.epochs) == (9.0, 0.8)
    assert results.epoch_seconds(FAST, runs) == results.Spread(9 / 0.8, 8 / 0.8, 10 / 0.8)
    assert (
        cells(results_table(MACHINE, (60000, 10000), runs))["seconds to 98 %"][2]
        == "9.0 (8.0–10.0); 0.8 epochs: 98.10 %"
    )


def test_an_interrupted_run_leaves_later_figures_unknown():
    unfinished = [slow(POST, 0, 0.96, 0.975, epochs=15)]
    assert results.reach(POST, 0.98, unfinished) is None
    found = results.reach(POST, 0.97, unfinished)
    assert found is not None
    assert found.seconds.median == 200
    assert results.epoch_seconds(POST, unfinished) == results.Spread(100, 100, 100)
    assert results.times_sooner(0.97, unfinished) is None
    assert results.share_of_first_epoch(0.99, unfinished) is None


def test_a_length_with_missing_seeds_does_not_count():
    """One good seed of an interrupted length gives no median."""
    runs = [*(fast(seed, 1, 9.0, 0.98) for seed in range(3)), fast(0, 2, 18.0, 0.995)]
    found = results.reach(FAST, 0.99, runs)
    assert found is not None
    assert (found.seconds.median, found.epochs) == (inf, 1)


def test_the_table_has_every_figure():
    text = results_table(MACHINE, (60000, 10000), RUNS)
    assert text.startswith("Abacus, 2 cores, 1 thread, torch 2.0; 60,000 images to learn, 10,000 to test.\n\n|")
    found = cells(text)
    assert found["parameters"] == ["848,458", "848,458", "105,546"]
    assert found["arithmetic"] == ["float32", "float32", "bfloat16"]
    assert found["seeds"] == ["3", "1", "3"]
    assert found["seconds an epoch"][:2] == ["100 (90.0–110)", "40.0"]
    assert found["seconds to 97 %"] == ["200 (180–220); epoch 2", "80.0; epoch 2", "9.0 (8.0–10.0); 1 epoch: 97.20 %"]
    assert found["seconds to 98 %"][:2] == ["300 (220–never); epoch 3", "not in 3 epochs"]
    assert found["seconds to 99 %"][2] == "51.0 (50.0–52.0); 4 epochs: 99.20 %"
    assert found["test accuracy at the end"][0] == "98.20 % (97.90 % to 98.50 %); 3 epochs"
    assert found["test accuracy at the end"][2] == "99.20 % (99.00 % to 99.30 %); 4 epochs"
    assert found["an epoch: the post's code / `blog`"] == ["2.5"]
    assert found["to 97 %: the post's code / `fast`"] == ["22.2"]
    assert found["to 99 %: the post's code / `fast`"] == ["more than 5.9"]
    assert found["`fast` to 99 % / first epoch of the post's code"] == ["0.51"]


def test_an_estimate_is_labelled_as_such():
    estimated = [Run(way, 0, 1, 848_458, "float32", (100.0,), (None,), steps=60) for way in (POST, BLOG)]
    found = cells(results_table(MACHINE, (60000, 10000), [*estimated, fast(0, 1, 9.0, 0.99)]))
    assert found["seconds an epoch"] == ["100, estimated from 60 steps"] * 2 + ["9.0"]
    for target in ("97 %", "98 %", "99 %"):
        assert found[f"seconds to {target}"][:2] == ["not run", "not run"]
        assert found[f"to {target}: the post's code / `fast`"] == ["not known"]
    assert found["test accuracy at the end"][:2] == ["not run", "not run"]
    assert found["an epoch: the post's code / `blog`"] == ["1.0, estimated"]
    assert found["`fast` to 99 % / first epoch of the post's code"] == ["0.09, estimated"]


def test_a_table_without_runs_says_so():
    found = cells(results_table(MACHINE, (60000, 10000), []))
    assert found["seconds an epoch"] == ["not run"] * 3
    assert found["an epoch: the post's code / `blog`"] == ["not known"]
