"""A whole sweep with real Ray workers: two at once, one of them killed, the search itself stopped and resumed."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import vit
from tests.train.command_line import ROOT, run, run_folder, same
from tests.train.idx import NAMES
from train.config import TrainConfig
from train.data.dataset import load
from train.score import evaluate
from train.splits import hold_out
from train.sweep import __main__ as command
from train.sweep.trial import COMMAND

TRIALS, EPOCHS, GRACE = 3, 4, 2
SPACE = f"""
trials = {TRIALS}
grace_epochs = {GRACE}
reduction_factor = 2

[fixed]
epochs = {EPOCHS}
batch_size = 32
val_size = 60
patch_size = 14
embed_dim = 16
depth = 1
num_heads = 2

[space]
mlp_dim = {{ choice = [16, 32] }}
lr = {{ low = 0.00001, high = 0.1, log = true }}
"""


@dataclass
class Swept:
    """A sweep that was stopped, resumed and has ended.

    Attributes:
        said: what it printed until it was stopped, and then.
        killed: name of the trial whose process was killed.
        at_once: the most trials that were in work at once.
    """

    folder: Path
    data: Path
    said: tuple[str, str]
    statuses: tuple[int, int]
    killed: str
    at_once: int
    results: dict[str, Any]


@pytest.fixture(scope="module")
def swept(data, tmp_path_factory) -> Swept:
    """Kill the process of a trial after its first epoch, stop the search once it goes on, and resume the search."""
    base = tmp_path_factory.mktemp("sweep")
    for name in NAMES[:2]:  # there are no test digits that could be read
        shutil.copy(data / name, base)
    (base / "space.toml").write_text(SPACE)
    flags = ["--data", base, "--device", "cpu", "--workers", 2]
    killed, at_once, lines = "", 0, []
    with started(base / "space.toml", "--runs", base / "runs", *flags) as process:
        for line in output(process):
            lines.append(line)
            pids = workers(base / "runs")
            at_once = max(at_once, len(pids))
            name = line.partition(":")[0]
            if not killed and len(pids) == 2 and f"{name}: epoch 1 of" in line:
                killed = name
                os.kill(pids[name], signal.SIGKILL)
            elif killed and f"{killed}: epoch" in line and any("its process died" in said for said in lines):
                process.send_signal(signal.SIGINT)
    folder, stopped = run_folder(base / "runs"), process.returncode
    with started("--resume", folder, "--json", base / "out.json", *flags) as process:
        after = "".join(output(process))
    results = json.loads((base / "out.json").read_text())
    return Swept(folder, base, ("".join(lines), after), (stopped, process.returncode), killed, at_once, results)


def started(*argv: object) -> subprocess.Popen[str]:
    """Start the command line in a process of its own."""
    words = [sys.executable, "-m", "train.sweep", *map(str, argv)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def output(process: subprocess.Popen[str]) -> Iterator[str]:
    """The lines that a process prints."""
    assert process.stdout is not None
    yield from process.stdout


def workers(runs: Path) -> dict[str, int]:
    """The trials in work, and the number of the process that has locked the folder of each."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # another user's, or one that has ended
            places = [Path(os.readlink(handle)) for handle in (process / "fd").iterdir()]
            found |= {place.name: int(process.name) for place in places if place.parent.parent == runs}
    return found


@pytest.mark.slow
def test_two_workers_learn_at_once(swept):
    assert swept.at_once == 2


@pytest.mark.slow
def test_a_trial_whose_worker_was_killed_goes_on(swept):
    """And its trial ends with the weights of its command line, which nothing has interrupted."""
    assert f"{swept.killed}: its process died; it goes on from its last whole epoch\n" in swept.said[0]
    epochs = [int(number) for number in re.findall(rf"{swept.killed}: epoch (\d)", "".join(swept.said))]
    assert epochs == sorted(set(epochs)), "an epoch was learned twice"
    assert trial_of(swept, swept.killed)["epoch"] >= GRACE


@pytest.mark.slow
def test_a_sweep_that_was_stopped_is_resumed(swept):
    assert swept.statuses == (130, 0)
    assert f"go on with: python -m train.sweep --resume {swept.folder}\n" in swept.said[0]
    assert len(swept.results["trials"]) == TRIALS
    assert all(trial["ended"] and not trial["problem"] for trial in swept.results["trials"])


@pytest.mark.slow
def test_each_trial_is_a_run_as_its_command_line_makes_it(swept, data, tmp_path):
    """Bit by bit for one that has learned to the end; one that was stopped early can be resumed."""
    for trial in swept.results["trials"]:
        words = shlex.split((Path(trial["folder"]) / COMMAND).read_text())
        assert [words[words.index(flag) + 1] for flag in ("--lr", "--threads")] == [str(trial["values"]["lr"]), "1"]
        assert (Path(trial["folder"]) / "model.safetensors").exists() == (trial["epoch"] == EPOCHS)
    best = Path(swept.results["trials"][0]["folder"])
    assert run(*shlex.split((best / COMMAND).read_text())[3:], "--data", data, "--runs", tmp_path).status == 0
    assert same(run_folder(tmp_path) / "last.safetensors", best / "last.safetensors")


@pytest.mark.slow
def test_the_best_is_the_best_on_the_held_out_digits(swept):
    """As the saved models read them."""
    for trial in swept.results["trials"]:
        path = Path(trial["folder"]) / "last.safetensors"
        config = TrainConfig.from_saved(vit.checkpoint.read_header(path).recipe["training"])
        assert evaluate(vit.load(path), hold_out(load("train", swept.data), config)[1]).accuracy == trial["accuracy"]
    accuracies = [trial["accuracy"] for trial in swept.results["trials"]]
    assert accuracies == sorted(accuracies, reverse=True)


@pytest.mark.slow
def test_a_table_and_a_picture_stand_at_the_end(swept):
    table = (swept.folder / "trials.md").read_text()
    assert table in swept.said[1]
    assert all(Path(trial["folder"]).name in table for trial in swept.results["trials"])
    assert Image.open(swept.folder / "trials.png").width > 300
    best = Path(swept.results["trials"][0]["folder"])
    assert swept.said[1].endswith((best / COMMAND).read_text())


def trial_of(swept: Swept, name: str) -> dict[str, Any]:
    """What the results say of a trial."""
    return next(trial for trial in swept.results["trials"] if Path(trial["folder"]).name == name)


# --- the command line


def test_what_is_missing_is_said_in_one_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "EXTRA", ("json", "no_such_package"))
    assert command.main([str(tmp_path / "space.toml")]) == 1
    said = capsys.readouterr().err
    assert said == "train.sweep: no_such_package must be installed: pip install -r requirements-sweep.txt\n"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["nowhere.toml"], "nowhere.toml cannot be read: No such file or directory"),
        (["--resume", "nowhere"], "nowhere/space.toml cannot be read: No such file or directory"),
        (["nowhere.toml", "--workers", "0"], "workers must be a whole number in [1, 1000], got 0"),
        (["nowhere.toml", "--device", "tpu"], "device must be one of cpu, cuda, mps that this machine has, got 'tpu'"),
    ],
)
def test_what_goes_wrong_is_said_in_one_sentence(flags, sentence, capsys):
    assert command.main(flags) == 1
    assert capsys.readouterr().err == f"train.sweep: {sentence}\n"
