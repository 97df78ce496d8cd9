"""Flags of `python -m train`: where to read and write, and one flag for each field of a recipe."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any

import torch

from train.cli import new_parser
from train.config import RECIPES, Recipe, TrainConfig
from train.families.checkpoint import FAMILIES
from vit.config import ViTConfig

# The fields of a recipe that a flag can change; val_size has the flag --val-size.
MODEL_FLAGS = (
    "patch_size",
    "embed_dim",
    "depth",
    "num_heads",
    "mlp_dim",
    "norm",
    "pool",
    "positions",
    "dropout",
)
TRAINING_FLAGS = tuple(field.name for field in fields(TrainConfig))
# A resumed run must keep these: its optimizer's state and its validation set depend on them.
FIXED_FLAGS = ("optimizer", "dataset", "per_class", "without", "val_size", "seed")


def command_line() -> ArgumentParser:
    """Describe the command line: how to start, where to read and write, and a flag for each field of a recipe."""
    parser = new_parser("python -m train", "Train a vision transformer on MNIST, or on a set of its kind.", "data")
    parser.epilog = "In N processes, each with its share of a batch: torchrun --nproc-per-node=N -m train ..."
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--recipe", choices=tuple(RECIPES), default="fast", help="named recipe (default: fast)")
    start.add_argument("--resume", type=Path, metavar="RUN", help="folder of a run, or a checkpoint, to resume")
    parser.add_argument(
        "--family",
        choices=("vit", *FAMILIES),
        default="vit",
        help="vit, a network to compare it with: cnn, mlp; or one that can teach it: deep_cnn (default: vit)",
    )
    parser.add_argument("--kernel", type=int, help="side of a deep_cnn's convolutions: 3, 5 or 7 (default: 3)")
    parser.add_argument("--start", metavar="MODEL", help="shipped name or checkpoint with the initial weights")
    parser.add_argument(
        "--teacher", nargs="+", default=(), metavar="MODEL", help="the same, or deep_cnns, to distil from"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder for new runs (default: runs)")
    parser.add_argument("--out", type=Path, help="also write the finished checkpoint here")
    parser.add_argument("--device", default=best_device(), help="cpu, cuda or mps (default: the best there is)")
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's; 1 repeats a run exactly)")
    changes = parser.add_argument_group("changes to the recipe")
    for field in (*fields(ViTConfig), *fields(TrainConfig)):
        if field.name in MODEL_FLAGS + TRAINING_FLAGS:
            changes.add_argument(f"--{field.name.replace('_', '-')}", **flag_type(field))
    return parser


def flag_type(field: Field[Any]) -> dict[str, Any]:
    """Return what argparse needs to parse a field of a recipe."""
    if isinstance(field.default, tuple):
        return {"type": int, "nargs": "*", "metavar": "int"}
    return {"type": type(field.default), "metavar": type(field.default).__name__}


def best_device() -> str:
    """Return `cuda` or `mps` when there is one, else `cpu`."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def apply_flags(base: Recipe, args: Namespace) -> Recipe:
    """Return the recipe with the values of its flags; a `ValueError` names a value that is not allowed."""
    model, training = (
        {name: getattr(args, name) for name in names if getattr(args, name) is not None}
        for names in (MODEL_FLAGS, TRAINING_FLAGS)
    )
    return Recipe(replace(base.model, **model), replace(base.training, **training)).with_classes()
