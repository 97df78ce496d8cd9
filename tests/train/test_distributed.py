"""Test that training with two processes gives the model of one process, also in the benchmark."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.train.command_line import ROOT
from tests.train.processes import fork
from train import distributed
from train.benchmarks import time_to_accuracy
from train.config import Recipe, TrainConfig
from train.data.dataset import load
from train.distributed import ProcessGroup
from train.loop import Epoch, Step, fresh_model, train
from train.score import evaluate
from vit import ViTConfig

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


# --- the same model


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


# --- the benchmark


def benchmark(argv: Sequence[str]) -> int:
    """Run one process of a benchmark of a few steps."""
    torch.set_num_threads(1)
    time_to_accuracy.LENGTHS, time_to_accuracy.SLOW_EPOCHS, time_to_accuracy.SLOW_SEEDS = (1,), 1, 1
    return time_to_accuracy.main(argv)


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
