"""Training with two processes gives the same model as one process, writes everything once, and survives a lost process.

Real processes run the command line, or this file (see `main`) where a test needs more. torchrun starts them where it is
part of the test; otherwise they are forked from a process that has already loaded torch.
"""

import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import train.__main__ as command
import vit
from tests.serving import free_port
from tests.train.command_line import MODEL, ROOT, STEPS, run, run_folder
from train import distributed
from train.benchmarks import time_to_accuracy
from train.config import Recipe, TrainConfig
from train.data.dataset import load
from train.distributed import LostProcessError, ProcessGroup, TorchrunGroup
from train.loop import Epoch, Run, Step, fresh_model, train
from train.score import evaluate
from vit import ViTConfig, checkpoint

TIMEOUT = 300  # seconds, enough for a busy machine
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
ENDED = "train: a process of this run died or was asked to end; "

SMALL = ViTConfig(embed_dim=16, depth=2, num_heads=2, mlp_dim=16)
# Everything random except dropout. 97 digits leave one over from batches of 16, and seven from batches of 15.
MUON = TrainConfig(epochs=2, batch_size=16, optimizer="muon", lr=8e-3, schedule="linear", warmup=0.1, patch_dropout=0.5)
MUON = replace(MUON, rotation=10.0, scale=0.1, shear=0.1, shift=2.0, elastic=1.0, thickness=0.5)
ADAM = replace(MUON, optimizer="adam", batch_size=15, lr=3e-3)
CASES = {
    "muon": Recipe(SMALL, MUON),
    "adam": Recipe(SMALL, ADAM),
    "dropout": Recipe(replace(SMALL, dropout=0.2), TrainConfig(epochs=1, batch_size=20, lr=1e-12)),
}
DIGITS, VALIDATION = slice(97), slice(97, 150)

# The command line: 240 training digits make 8 steps an epoch, the last one of nine digits.
TINY = [*MODEL, "--patch-dropout", "0.3", "--batch-size", "33", "--val-size", "60", "--precision", "float32"]
TINY += ["--threads", "1", "--device", "cpu"]


# --- what torchrun runs


def main(argv: Sequence[str]) -> int:
    """Run the command line in one process of several; the process `rank` acts once before a step."""
    rank, step, action, *rest = argv
    if os.environ["RANK"] == rank and os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0":
        before_step(int(step), action)
    return command.main(rest)


def benchmark(argv: Sequence[str]) -> int:
    """Run one process of a benchmark of a few steps."""
    torch.set_num_threads(1)
    time_to_accuracy.LENGTHS, time_to_accuracy.SLOW_EPOCHS, time_to_accuracy.SLOW_SEEDS = (1,), 1, 1
    return time_to_accuracy.main(argv)


def learn_cases(argv: Sequence[str]) -> int:
    """Train all cases in one process of the group, and store the results in a folder."""
    torch.set_num_threads(1)
    group = distributed.join()
    with group.connected():
        torch.save({name: learn(name, group) for name in CASES}, Path(argv[0]) / f"{group.rank}.pt")
        group.leave()
    return 0


def learn(name: str, group: ProcessGroup) -> dict[str, Any]:
    """Train a case in double precision, and return its weights, logits, steps and epochs."""
    recipe, digits = CASES[name], load("train", ROOT / "data")
    train_set = digits.subset(torch.zeros(97, dtype=torch.int64) if name == "dropout" else DIGITS)
    model, logits = fresh_model(recipe).double(), []
    model.register_forward_pre_hook(lambda _, args: (args[0].double(), *args[1:]))
    model.register_forward_hook(lambda model, _, out: logits.append(out.detach()) if model.training else None)
    events = list(train(model, train_set, digits.subset(VALIDATION), recipe.training, group=group))
    return {
        "weights": dict(model.state_dict()),
        "logits": logits,
        "steps": [(step.step, step.loss, step.accuracy, step.lr) for step in events if isinstance(step, Step)],
        "epochs": [(one.loss, one.accuracy, one.val.loss) for one in events if isinstance(one, Epoch) and one.val],
    }


def before_step(step: int, action: str) -> None:
    """Make this process act before step `step` (0-based): break its model, or send a signal to itself or torchrun."""
    update = Run.update

    def updated(run: Run, *args: Any) -> Any:
        if run.step == step and action == "break":
            torch.nn.init.constant_(run.model.head.bias, float("nan"))
        elif run.step == step:
            name, whom = action.split("@")
            os.kill({"self": os.getpid(), "torchrun": os.getppid()}[whom], getattr(signal, name))
        return update(run, *args)

    Run.update = updated


# --- how the tests start it


def fork(folder: Path, call: Callable[[Sequence[str]], int], *argv: object) -> subprocess.CompletedProcess[str]:
    """Run a function in two processes with torchrun's environment; return the larger status and the output of both."""
    store = torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    words = [str(word) for word in argv]
    processes = [FORKS.Process(target=member, args=(rank, store.port, folder, call, words)) for rank in (0, 1)]
    try:
        for process in processes:
            process.start()
        for process in processes:
            process.join(TIMEOUT)
            assert process.exitcode is not None, "a process did not end"
    finally:
        for process in processes:
            process.kill()
    out, err = ((folder / name).read_text() for name in ("out", "err"))
    return subprocess.CompletedProcess(words, max(abs(process.exitcode or 0) for process in processes), out, err)


def member(rank: int, port: int, folder: Path, call: Callable[[Sequence[str]], int], argv: Sequence[str]) -> None:
    """Run as one process of `fork`; the parent holds the store, as torchrun does."""
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    numbers = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_PORT": port}
    os.environ.update({name: str(number) for name, number in numbers.items()})
    os.environ.update(MASTER_ADDR="127.0.0.1", TORCHELASTIC_RUN_ID="forked", TORCHELASTIC_USE_AGENT_STORE="True")
    sys.exit(call(argv))


def launch(*argv: object) -> subprocess.CompletedProcess[str]:
    """Let torchrun run a module with these arguments on a free port, and wait until it ends."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a child process would inherit an ignored signal
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        return subprocess.run(
            [*torchrun, *map(str, argv)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def launch_with(rank: int, step: int, action: str, *argv: object) -> subprocess.CompletedProcess[str]:
    """Train with two processes; the process of that rank acts before that step."""
    return launch("tests.train.test_distributed", rank, step, action, *argv)


def launch_nodes(*argv: object) -> list[subprocess.CompletedProcess[str]]:
    """Let two launchers train together, each as on a machine of its own, and try again once; wait for both."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1", "--max-restarts=1"]
    torchrun += ["--master-addr=127.0.0.1", f"--master-port={free_port()}"]
    calls = [[*torchrun, f"--node-rank={rank}", "-m", *map(str, argv)] for rank in (0, 1)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    nodes = [subprocess.Popen(call, cwd=ROOT, env=environment, **pipes) for call in calls]
    try:
        said = [node.communicate(timeout=TIMEOUT) for node in nodes]
    finally:
        for node in nodes:
            node.terminate()
    return [
        subprocess.CompletedProcess(node.args, node.returncode, *texts) for node, texts in zip(nodes, said, strict=True)
    ]


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


# --- the same model


@pytest.fixture(scope="module")
def learned(mnist_raw, tmp_path_factory) -> list[dict[str, Any]]:
    """Train all cases in two processes; return the results of each."""
    folder = tmp_path_factory.mktemp("learned")
    ran = fork(folder, learn_cases, folder)
    assert ran.returncode == 0, ran.stderr
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in (0, 1)]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "atol"), [("muon", 1e-7), ("adam", 1e-12)])  # parts of Muon are in float32
def test_two_processes_give_the_model_of_one(name, atol, learned):
    """Batches are split unevenly, and a last image goes to one process only; both processes report the same."""
    expected, untrained = learn(name, ProcessGroup()), fresh_model(CASES[name]).state_dict()
    ours, theirs = (results[name] for results in learned)
    for key, weight in expected["weights"].items():
        torch.testing.assert_close(ours["weights"][key], weight, atol=atol, rtol=0)
        assert torch.equal(ours["weights"][key], theirs["weights"][key])
        assert (weight - untrained[key]).abs().max() > 1e-3
    for results in (ours, theirs):
        for events in ("steps", "epochs"):
            figures = [torch.tensor(one[events], dtype=torch.float64) for one in (results, expected)]
            torch.testing.assert_close(*figures, atol=1e-6, rtol=0)


@pytest.mark.slow
def test_each_process_reads_its_share(learned):
    """A process without images in a batch reads one that does not count."""
    counts = [{name: [len(logits) for logits in results[name]["logits"]] for name in CASES} for results in learned]
    assert counts[0] == {"muon": ([8] * 6 + [1]) * 2, "adam": ([8] * 6 + [4]) * 2, "dropout": [10] * 4 + [9]}
    assert counts[1] == {"muon": ([8] * 6 + [1]) * 2, "adam": ([7] * 6 + [3]) * 2, "dropout": [10] * 4 + [8]}


@pytest.mark.slow
def test_dropout_differs_between_processes(learned):
    """Both read the same digit with weights that hardly move, so only the dropout masks differ."""
    ours, theirs = ([logits.sort(dim=0).values for logits in results["dropout"]["logits"]] for results in learned)
    for mine, its in zip(ours[:4], theirs[:4], strict=True):
        assert (mine - its).abs().max() > 1e-3
    assert (ours[0] - ours[1]).abs().max() > 1e-3


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
    first, second = launch_nodes("tests.train.test_distributed", 1, STEPS + 3, "SIGKILL@self", *argv)
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


# --- the group itself


def process_of(rank: int, size: int) -> TorchrunGroup:
    """Return a process of a group that was never connected."""
    group = TorchrunGroup.__new__(TorchrunGroup)
    group.rank, group.size, group.terminated = rank, size, False
    return group


@pytest.mark.parametrize("size", [1, 3, 8])
@pytest.mark.parametrize("count", [1, 7, 16])
def test_a_batch_is_split_evenly_and_completely(size, count):
    batch = torch.arange(count * 3).reshape(count, 3)
    shares = [process_of(rank, size).shard(batch) for rank in range(size)]
    assert torch.equal(torch.cat(shares), batch)
    lengths = [len(share) for share in shares]
    assert max(lengths) - min(lengths) <= 1
    assert all(
        len(process_of(rank, size).shard(batch, at_least=1)) == max(length, 1) for rank, length in enumerate(lengths)
    )


def test_without_torchrun_a_process_is_alone(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    group, batch, model = distributed.join(), torch.arange(5), torch.nn.Linear(2, 2)
    assert type(group) is ProcessGroup
    assert (group.rank, group.size) == (0, 1)
    assert torch.equal(group.shard(batch), batch)
    assert group.replica(model) is model
    assert group.sum(1.5, 2.0) == [1.5, 2.0]
    assert not torch.distributed.is_initialized()
    assert signal.getsignal(signal.SIGTERM) is before


def test_only_a_connection_error_counts_as_a_lost_process():
    """The texts are gloo's. Other errors of this process pass unchanged."""
    for message in ("[gloo/transport/tcp/pair.cc:553] Connection closed by peer", "Gloo connectFullMesh failed"):
        with pytest.raises(LostProcessError), process_of(1, 2).detect_loss():
            raise RuntimeError(message)
    with pytest.raises(LostProcessError), process_of(1, 2).detect_loss():
        raise torch.distributed.DistBackendError("NCCL communicator was aborted")
    for error in (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), ValueError("gloo")):
        with pytest.raises(type(error)) as caught, process_of(1, 2).detect_loss():
            raise error
        assert caught.value is error


def test_after_sigterm_a_process_ends_at_its_next_communication():
    one, calls = process_of(0, 2), []
    one.on_sigterm(signal.SIGTERM)
    with pytest.raises(LostProcessError), one.detect_loss():
        calls.append("went on")
    assert calls == []


# --- the benchmark


@pytest.mark.slow
def test_the_benchmark_trains_fast_in_several_processes(data, tmp_path):
    """Their accuracy equals that of one process, up to rounding; the other recipes are measured once."""
    file = tmp_path / "runs.json"
    flags = ["--data", data, "--json", file, "--seeds", 1, "--threads", 1]
    ran = fork(tmp_path, benchmark, *flags)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("`fast` learns by 2 processes") == 1
    figures = json.loads(file.read_text())
    assert figures["machine"]["processes"] == 2
    assert sorted((run["way"], run["epochs"]) for run in figures["runs"]) == [
        ("blog", 1),
        ("fast", 1),
        ("post", 1),
    ]
    train_set, test_set = (load(part, data) for part in ("train", "test"))
    model, changed = time_to_accuracy.beginning("fast", 0, 1)
    list(train(model, train_set, train_set.subset(slice(0)), changed.training))
    (accuracy,) = [run["accuracy"][-1] for run in figures["runs"] if run["way"] == "fast"]
    assert accuracy == pytest.approx(evaluate(model, test_set).accuracy, abs=0.03)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
