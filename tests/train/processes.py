"""For tests of training with several processes: start them, and let one of them act in the middle of a run.

Real processes run the command line, or this file (see `main`) where a test needs more. torchrun starts them where it is
part of the test; otherwise they are forked from a process that has already loaded torch.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

import train.__main__ as command
from tests.serving import free_port
from tests.train.command_line import ROOT
from train.loop import Run

TIMEOUT = 300  # seconds, enough for a busy machine
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


# --- what torchrun runs


def main(argv: Sequence[str]) -> int:
    """Run the command line in one process of several; the process `rank` acts once before a step."""
    rank, step, action, *rest = argv
    if os.environ["RANK"] == rank and os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0":
        before_step(int(step), action)
    return command.main(rest)


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
    return launch("tests.train.processes", rank, step, action, *argv)


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
