"""Test that `python -m train` with two processes writes everything once, and survives a lost process."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import train.__main__ as command
import vit
from tests.train.command_line import MODEL, ROOT, STEPS, run, run_folder
from tests.train.processes import TIMEOUT, fork, launch, launch_nodes, launch_with, main
from train.loop import Run
from vit import checkpoint

ENDED = "train: a process of this run died or was asked to end; "
# The command line: 240 training digits make 8 steps an epoch, the last one of nine digits.
TINY = [*MODEL, "--patch-dropout", "0.3", "--batch-size", "33", "--val-size", "60", "--precision", "float32"]
TINY += ["--threads", "1", "--device", "cpu"]


def names(folder: Path) -> list[str]:
    """Return the names of a run's files, without the unique part of TensorBoard's."""
    return sorted(path.name.split(".tfevents.")[0] for path in folder.iterdir())


def assert_near(ours: Path, theirs: Path, atol: float) -> None:
    """Compare all weights except the bias of the keys.

    Softmax does not depend on that bias, so its gradient is only rounding, which AdamW enlarges.
    """
    mine, its = vit.load(ours).state_dict(), vit.load(theirs).state_dict()
    for name, weight in its.items():
        both = [mine[name], weight]
        if name.endswith("qkv.bias"):
            both = [torch.cat([bias.chunk(3)[part] for part in (0, 2)]) for bias in both]
        torch.testing.assert_close(*both, atol=atol, rtol=0, msg=lambda text, name=name: f"{name}: {text}")


@pytest.fixture(scope="module")
def alone(data, tmp_path_factory) -> tuple[Path, str]:
    """Train two epochs in one process; return its folder and output."""
    runs = tmp_path_factory.mktemp("alone")
    ran = run("--data", data, "--runs", runs, *TINY, "--epochs", 2)
    assert ran.status == 0
    return run_folder(runs), ran.out


# --- the command line


@pytest.mark.slow
def test_everything_is_written_and_printed_once(alone, data, tmp_path):
    """Files and output equal those of one process, apart from the folder and the seconds."""
    ran = launch("train", "--data", data, "--runs", tmp_path / "runs", "--out", tmp_path / "copy", *TINY, "--epochs", 2)
    assert ran.returncode == 0, ran.stderr
    folder, whole = run_folder(tmp_path / "runs"), alone[0]
    assert names(folder) == names(whole)
    for path in (folder / "model.safetensors", folder / "last.safetensors", tmp_path / "copy"):
        assert_near(path, whole / "model.safetensors", atol=1e-5)
    ours, theirs = (checkpoint.read_header(one / "model.safetensors") for one in (folder, whole))
    assert (ours.config, ours.recipe) == (theirs.config, theirs.recipe)
    assert ours.figures["test"]["accuracy"] == theirs.figures["test"]["accuracy"]
    lines, expected = ran.stdout.splitlines(), alone[1].splitlines()
    assert lines[0] == f"training 5,146 parameters on 240 images, cpu, 2 processes; run: {folder}"
    without_seconds = [re.sub(r"\d+ s$", "", line) for line in lines[1:3]]
    assert without_seconds == [re.sub(r"\d+ s$", "", line) for line in expected[1:3]]
    assert lines[3:] == [f"saved {folder / 'model.safetensors'}", f"saved {tmp_path / 'copy'}", expected[-1]]
    assert ran.stderr.count("0 steps [00:00") == 1  # the progress bar at its beginning


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--device", "mps"], "train: device must be cpu or cuda, the same word for all processes, got 'mps'"),
        (["--resume", "nowhere"], "train: nowhere holds no last.safetensors, so there is no whole epoch to go on from"),
    ],
)
def test_an_error_is_printed_once(flags, sentence, data, tmp_path):
    flags = ["--data", data, "--runs", tmp_path / "runs", "--device", "cpu", *flags]
    ran = fork(tmp_path, command.main, *flags)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", f"{sentence}\n")
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_run_that_diverges_in_one_process_ends_in_all(data, tmp_path):
    """The loss is summed over the whole batch, so no process waits for another that has stopped."""
    ran = fork(tmp_path, main, 1, 3, "break", "--data", data, "--runs", tmp_path / "runs", *TINY)
    assert_ended(ran, "train: the loss became nan at step 4: try a lower learning rate")
    assert names(run_folder(tmp_path / "runs")) == ["events.out"]


# --- when a process dies


def assert_ended(ran: subprocess.CompletedProcess[str], sentence: str) -> None:
    """Assert that the run failed with this one sentence, and that no other process printed more."""
    assert ran.returncode != 0
    assert "torch.distributed.run" in ran.args or "Traceback" not in ran.stderr  # torchrun prints its own traceback
    assert re.findall("train: .*", ran.stderr) == [sentence]  # a progress bar may stand before it
    assert "[rank" not in ran.stderr


@pytest.mark.slow
def test_a_process_that_dies_leaves_the_last_whole_epoch(alone, data, tmp_path):
    """One process or two can resume from it, and end like an uninterrupted run."""
    ran = launch_with(1, STEPS + 3, "SIGKILL@self", "--data", data, "--runs", tmp_path / "runs", *TINY, "--epochs", 2)
    folder, copy = run_folder(tmp_path / "runs"), tmp_path / "copy"
    last = folder / "last.safetensors"
    assert_ended(ran, f"{ENDED}the last whole epoch is in {last}: go on with python -m train --resume {folder}")
    assert names(folder) == ["events.out", "last.safetensors"]
    assert checkpoint.read_header(last).recipe["done_epochs"] == 1
    shutil.copytree(folder, copy)
    flags = ["--data", data, "--threads", 1, "--device", "cpu", "--resume"]
    assert run(*flags, folder).status == 0
    assert fork(tmp_path, command.main, *flags, copy).returncode == 0
    for path in (folder, copy):
        assert_near(path / "model.safetensors", alone[0] / "model.safetensors", atol=1e-5)


@pytest.mark.slow
def test_two_nodes_go_on_from_the_last_epoch_after_a_process_has_died(alone, data, tmp_path):
    """The second try goes on in the same folder; its model is that of one process without interruption."""
    argv = ["--data", data, "--runs", tmp_path, *TINY, "--epochs", 2]
    first, second = launch_nodes("tests.train.processes", 1, STEPS + 3, "SIGKILL@self", *argv)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    folder = run_folder(tmp_path)
    assert_near(folder / "model.safetensors", alone[0] / "model.safetensors", atol=1e-5)
    assert first.stdout.count("2 processes; run: ") == 2  # it began twice,
    assert re.findall(r"^epoch +(\d)/2", first.stdout, re.MULTILINE) == ["1", "2"]  # and learned each epoch once
    assert second.stdout == ""


@pytest.mark.slow
def test_if_the_first_process_dies_in_the_first_epoch_another_saves_the_model(data, tmp_path, monkeypatch):
    """Another process reports it and saves the model."""
    ran = fork(tmp_path, main, 0, 3, "SIGKILL@self", "--data", data, "--runs", tmp_path / "runs", *TINY)
    folder = run_folder(tmp_path / "runs")
    stopped = folder / "stopped.safetensors"
    assert_ended(ran, f"{ENDED}no epoch was done; the model as it was is in {stopped}")
    assert names(folder) == ["events.out", "stopped.safetensors"]
    assert checkpoint.read_header(stopped).recipe["done_epochs"] == 0
    assert_near(stopped, three_steps(data, tmp_path / "alone", monkeypatch), atol=1e-5)


def three_steps(data: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Train three steps in one process; return the path of its model."""

    def interrupt(run: Run, *args: Any) -> Any:
        if run.step == 3:
            raise KeyboardInterrupt
        return update(run, *args)

    update = Run.update
    monkeypatch.setattr(Run, "update", interrupt)
    assert run("--data", data, "--runs", runs, *TINY).status == 130
    return run_folder(runs) / "stopped.safetensors"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_stopping_torchrun_leaves_a_model(name, data, tmp_path):
    """SIGINT reaches torchrun's processes, SIGTERM does not; the training would never end by itself."""
    argv = ["--data", data, "--runs", tmp_path, *TINY, "--epochs", 100_000]
    ran = launch_with(0, STEPS + 3, f"{name}@torchrun", *argv)
    folder = run_folder(tmp_path)
    last, stopped = folder / "last.safetensors", folder / "stopped.safetensors"
    assert vit.load(last).head.weight.isfinite().all()
    if name == "SIGTERM":
        assert_ended(ran, f"{ENDED}the last whole epoch is in {last}: go on with python -m train --resume {folder}")
        return
    assert ran.returncode != 0
    assert f"stopped; the model as it was is in {stopped}\n" in ran.stdout
    assert f"go on from the last whole epoch with: python -m train --resume {folder}\n" in ran.stdout
    assert "train: " not in ran.stderr
    assert "[rank" not in ran.stderr
    assert not torch.equal(vit.load(stopped).head.weight, vit.load(last).head.weight)


STUCK = """
import time
from train import distributed
from train.benchmarks import time_to_accuracy

def rendezvous(_):
    print("waiting", flush=True)
    time.sleep(600)

distributed.GRACE = 0.2
distributed.dist.rendezvous = rendezvous
with distributed.TorchrunGroup().connected():
    pass
"""


@pytest.mark.slow
def test_a_blocked_process_ends_on_sigterm():
    """Its main thread is blocked, so it cannot act on the signal itself."""
    environment = {**os.environ, "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", STUCK], cwd=ROOT, env=environment, **pipes) as process:
        assert process.stdout is not None and process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert err == f"{ENDED.removesuffix('; ')}, before the training began\n"
