"""The command line: `python -m train.sweep SPACE.toml` searches recipes, `--resume FOLDER` goes on."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from train import run_folder
from train.__main__ import DEVICES, is_available
from train.cli import carry_out, new_parser
from train.data.dataset import load, split, tqdm_progress
from train.recipe_flags import best_device
from train.sweep import report
from train.sweep.search import Trial, Workers, search
from train.sweep.space import Space, read
from train.sweep.trial import COMMAND, Surroundings
from vit.config import check_whole

SPACE, TABLE, PICTURE = "space.toml", "trials.md", "trials.png"
EXTRA = ("ray", "optuna", "tomli")
MAX_WORKERS = 1000


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m train.sweep", "Search recipes with Ray Tune and Optuna.", "data", "threads", "json")
    begin = parser.add_mutually_exclusive_group(required=True)
    begin.add_argument("space", type=Path, nargs="?", metavar="SPACE.toml", help="what to search")
    begin.add_argument("--resume", type=Path, metavar="FOLDER", help="folder of a sweep to go on with")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder for new sweeps (default: runs)")
    parser.add_argument("--workers", type=int, metavar="N", help="trials at once (default: as the cores allow)")
    parser.add_argument("--address", metavar="HOST:PORT", help="of a Ray cluster (default: processes of this machine)")
    parser.add_argument("--device", default=best_device(), help="cpu, cuda or mps (default: the best there is)")
    return parser


def run(args: Namespace) -> dict[str, Any]:
    """Search as asked, print and save table and picture, and return all trials as JSON has them."""
    check_flags(args)
    space = read(args.resume / SPACE if args.resume else args.space)
    check_data(space, args.data)
    folder = args.resume or run_folder.new_folder(args.runs, "sweep")
    with run_folder.claimed(folder):
        if not args.resume:
            shutil.copyfile(args.space, folder / SPACE)
        print(f"{space.trials} trials of {space.base.training.epochs} epochs at most; sweep: {folder}", flush=True)
        around = Surroundings(args.data.absolute(), args.device, args.threads)
        trials = search(space, folder, around, Workers(args.address, args.workers))
    if len(trials) < space.trials or not all(trial.ended for trial in trials):
        print(f"go on with: python -m train.sweep --resume {folder}", flush=True)
        raise KeyboardInterrupt
    show(space, folder, trials)
    return {"folder": str(folder), "trials": [as_json(trial) for trial in report.ranked(trials)]}


def check_flags(args: Namespace) -> None:
    """Check that the sweep can run here, and fill in the number of workers; a `ValueError` says what is wrong."""
    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise ValueError(f"{', '.join(missing)} must be installed: pip install -r requirements-sweep.txt")
    if not args.address and not is_available(args.device):
        raise ValueError(f"device must be one of {', '.join(DEVICES)} that this machine has, got {args.device!r}")
    if args.workers is None:
        args.workers = 0 if args.address else max(1, (os.cpu_count() or 1) // args.threads)
    else:
        check_whole("workers", args.workers, 1, MAX_WORKERS)


def check_data(space: Space, data: Path) -> None:
    """Fetch the training images once, before many processes read them, and check that enough can be held out."""
    config = space.base.training
    split(load("train", data, tqdm_progress(), config.dataset), config.val_size, config.seed)


def show(space: Space, folder: Path, trials: Sequence[Trial]) -> None:
    """Print and save the table, save the picture, and print what repeats the best trial.

    Raises:
        ValueError: no trial has learned an epoch.
    """
    best, table = report.best(trials), report.table(space, trials)
    (folder / TABLE).write_text(f"{table}\n", encoding="utf-8")
    report.save_picture(space, trials, folder / PICTURE)
    print(f"{table}\n\nsaved {folder / TABLE} and {folder / PICTURE}")
    print("The best of many looks better on the held-out digits than it is. Train it once more for its test accuracy:")
    print((best.folder / COMMAND).read_text(encoding="utf-8").strip())


def as_json(trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON has it."""
    return asdict(trial) | {"folder": str(trial.folder), "values": dict(trial.values)}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
