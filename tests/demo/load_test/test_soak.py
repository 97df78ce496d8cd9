"""Test the soak test: its counts, its reaction to a failed answer, and a small run against the served app."""

import json
from pathlib import Path

import pytest

from demo.load_test import soak
from demo.load_test.drawings import examples, moved
from demo.load_test.served_app import App
from demo.load_test.soak import Round, growth, share


@pytest.mark.parametrize(("total", "parts"), [(10, 3), (3, 10), (0, 5), (10_000, 300)])
def test_shares_are_whole_numbers_and_sum_to_the_total(total, parts):
    shares = [share(total, part, parts) for part in range(parts)]
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


def test_each_drawing_differs_and_stays_on_the_pad():
    drawing = examples()[0]
    drawings = [moved(drawing, number) for number in range(1600)]
    assert len({json.dumps(each) for each in drawings}) == 1600
    before, after = drawing[-1][-1], [each[-1][-1] for each in drawings]
    assert all(0 <= point[axis] - before[axis] <= 5 for point in after for axis in (0, 1))


def test_growth_excludes_the_first_third():
    memory = [100, 300, 400, 410, 420, 430, 440, 450, 460, 470]
    assert growth([Round(0, 0, 0, 0, 0.0, each) for each in memory]) == 470 - 410


def test_a_failed_answer_ends_the_run_with_one_sentence(monkeypatch, capsys):
    class Served:
        def __enter__(self):
            return App(1, 1)

        def __exit__(self, *_):
            return None

    class Refusing:
        http = None

        def __init__(self, port, patience):
            pass

        def call(self, name, _):
            return {"error": f"no {name} today"}

    monkeypatch.setattr(soak, "served", Served)
    monkeypatch.setattr(soak, "memory_of", lambda _: 1.0)
    monkeypatch.setattr(soak, "Page", Refusing)
    assert soak.main([]) == 1
    assert capsys.readouterr().err == "demo.load_test.soak: no read today\n"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_small_run_does_what_was_asked(mnist_raw, tmp_path, capsys):
    file = tmp_path / "soak.json"
    counts = {"readings": 30, "explanations": 3, "visits": 2, "trainings": 1}
    words = [word for name, count in counts.items() for word in (f"--{name}", str(count))]
    assert soak.main([*words, "--json", str(file)]) == 0
    result = json.loads(file.read_text())
    assert len(result["rounds"]) == soak.ROUNDS
    last = result["rounds"][-1]
    assert {name: last[name] for name in counts} == counts
    assert 100 < result["start"] < last["memory"] < 5000
    assert result["growth"] == pytest.approx(last["memory"] - result["rounds"][3]["memory"])
    assert capsys.readouterr().out.splitlines()[-1].endswith("after the first third")
