"""Test the file of results of the benchmark of time to accuracy: written run by run, and resumed."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from tests.train.benchmarks.example_runs import MACHINE, RUNS, slow
from train.benchmarks.results import POST, Run
from train.benchmarks.results_file import ResultsFile
from train.benchmarks.time_to_accuracy import runs_file
from train.cli import this_machine


def new_file(path, **changes) -> ResultsFile[Run]:
    return runs_file({**MACHINE, **changes.get("machine", {})}, {"quick": False, **changes.get("settings", {})}, path)


def test_runs_are_read_from_the_file(tmp_path):
    first = new_file(tmp_path / "runs.json")
    for run in RUNS:
        first.put(run)
    second = new_file(tmp_path / "runs.json")
    second.resume()
    assert second.results == RUNS


def test_a_run_replaces_its_earlier_state(tmp_path):
    file = new_file(tmp_path / "runs.json")
    for count in (1, 2, 3):
        file.put(slow(POST, 0, *[0.9] * count))
        assert [run.finished for run in file.results] == [count == 3]
        assert len(json.loads((tmp_path / "runs.json").read_text())["runs"]) == 1


@pytest.mark.parametrize("broken", ["runs.json", ""], ids=["into the file", "any"])
def test_an_interrupted_write_loses_nothing(broken, tmp_path, monkeypatch):
    """The file is never changed in place; a complete new file replaces it."""
    file, whole = new_file(tmp_path / "runs.json"), Path.write_bytes
    file.put(RUNS[0])

    def write_bytes(path: Path, content: bytes) -> int:
        if broken in ("", path.name):
            whole(path, content[:20])
            raise OSError("no space left")
        return whole(path, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with suppress(OSError):
        file.put(RUNS[1])
    again = new_file(tmp_path / "runs.json")
    again.resume()
    assert again.results == (RUNS[:2] if broken else RUNS[:1])


@pytest.mark.parametrize("part", [{"machine": {"threads": 2}}, {"settings": {"quick": True}}])
def test_runs_of_another_machine_or_other_settings_are_refused(part, tmp_path):
    """They are not overwritten, since they may have taken hours."""
    new_file(tmp_path / "runs.json").put(RUNS[0])
    with pytest.raises(ValueError, match=f"the same {next(iter(part))} {next(iter(next(iter(part.values()))))}"):
        new_file(tmp_path / "runs.json", **part).resume()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"machine": {}, "settings": {}, "runs": [1]}', "\udcff"])
def test_another_kind_of_file_is_refused_and_unchanged(content, tmp_path):
    path = tmp_path / "notes.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="json must be a file that this benchmark wrote"):
        new_file(path).resume()
    assert path.read_bytes() == before


def test_the_machine_is_named():
    found = this_machine()
    assert found["threads"] == torch.get_num_threads()
    assert found["torch"] == torch.__version__
    assert found["processor"]
    assert found["cores"] >= 1
    assert json.loads(json.dumps(found)) == found
