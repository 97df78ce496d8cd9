"""Command `python -m demo.export.record`: train a small model, and store what the static page shows of its training."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from demo.training.snapshots import Snapshot
from demo.training.state import ENDS
from demo.training.training_queue import Jobs
from train.cli import carry_out, new_parser, this_machine
from train.config import Recipe, recipe
from train.data.dataset import Digits
from train.recipe_command import command
from vit import checkpoint
from vit.files import write_text

ABOUT, WEIGHTS = checkpoint.ASSETS / "training.json", checkpoint.ASSETS / "training.npz"
MOMENTS = 12  # snapshots that are stored
EPOCHS = 4


def recorded_recipe() -> Recipe:
    """Return the recipe of the recorded training: `fast` with so narrow a model that its snapshots fit into a mail."""
    base = recipe("fast")
    return replace(base, model=replace(base.model, embed_dim=24, depth=2, num_heads=4, mlp_dim=48)).with_epochs(EPOCHS)


def record(args: Namespace) -> None:
    """Train, and write the snapshots and what belongs to them.

    Raises:
        ValueError: the training did not reach its end.
    """
    jobs = Jobs(args.data)
    job = jobs.start(recorded_recipe())
    try:
        training = watched(jobs, job)
        live, figures = jobs.live(job), figures_of(jobs, job)
    finally:
        jobs.close()
    if training["state"] != "done" or live is None or live.test_digits is None:
        raise ValueError(training["message"])
    moments = chosen(live.snapshots.items)
    run = {"command": command(live.recipe), "figures": figures, "machine": this_machine()}
    shown = {"config": asdict(live.recipe.model), "training": training | {"id": "recorded"}}
    write_text(ABOUT, json.dumps(run | shown) + "\n")
    np.savez_compressed(WEIGHTS, **stacked(moments, live.test_digits))  # pyright: ignore[reportArgumentType]
    size = (ABOUT.stat().st_size + WEIGHTS.stat().st_size) / 1e3
    print(f"{len(moments)} moments, {size:.0f} kB; {training['message']} {run['command']}")


def watched(jobs: Jobs, job: str) -> dict[str, Any]:
    """Wait for the end of a training, and return its state as the page gets it."""
    while True:
        state = jobs.state(job)
        if state is None or state.state in ENDS:
            return state.pack() if state else {"state": "failed", "message": "The training was lost."}
        print(state.message, f"{state.step}/{state.steps}", flush=True)
        time.sleep(5)


def figures_of(jobs: Jobs, job: str) -> dict[str, Any]:
    """Return the figures of a training: those of its checkpoint, and the number of its parameters."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        if not jobs.save(job, path):
            raise ValueError("the training has no final model")
        return checkpoint.read_header(path).figures | {"parameters": checkpoint.load(path).num_params}


def chosen(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """Return MOMENTS of the snapshots at even distances, the first and the last among them."""
    places = np.linspace(0, len(snapshots) - 1, min(MOMENTS, len(snapshots))).round().astype(int)
    return [snapshots[place] for place in places]


def stacked(snapshots: Sequence[Snapshot], digits: Digits) -> dict[str, np.ndarray]:
    """Return the weights of all snapshots (moments, ...) by their names, in 16 bits, each one's `step`, and digits."""
    weights = {name: np.stack([one.weights[name].numpy() for one in snapshots]) for name in snapshots[0].weights}
    steps = np.array([one.step for one in snapshots])
    return {"step": steps, "images": digits.images.numpy(), "labels": digits.labels.numpy()} | weights


def stored() -> tuple[dict[str, Any], list[Snapshot], Digits]:
    """Return what is recorded about the training, its snapshots, and the test digits that each of them reads."""
    with np.load(WEIGHTS) as file:
        arrays = {name: torch.from_numpy(file[name]) for name in file}
    steps, digits = arrays.pop("step").tolist(), Digits(arrays.pop("images"), arrays.pop("labels"))
    moments = [Snapshot(step, {name: weight[at] for name, weight in arrays.items()}) for at, step in enumerate(steps)]
    return json.loads(ABOUT.read_text(encoding="utf-8")), moments, digits


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    torch.set_num_threads(1)
    parser = new_parser("python -m demo.export.record", "Record the training that the static page shows.", "data")
    return carry_out(parser, record, argv)


if __name__ == "__main__":
    sys.exit(main())
