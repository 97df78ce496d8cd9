"""`python -m train --family cnn`, `mlp` or `deep_cnn`: train a network to compare with, or one that teaches."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from train import run_folder
from train.cli import obey_common_flags
from train.config import Recipe, TrainConfig, recipe
from train.data.dataset import Digits, load, tqdm_progress
from train.distributed import ProcessGroup
from train.events import Done, Epoch, Event, epoch_line
from train.families import checkpoint
from train.families.network import Network
from train.families.recipe import fresh_network, plain_training
from train.loop import train
from train.score import evaluate
from train.splits import hold_out
from vit.files import check_destination

# Flags of the command line that need a vision transformer, or a run of one.
VIT_FLAGS = (
    *("resume", "start", "teacher", "patch_size", "embed_dim", "depth", "num_heads", "mlp_dim", "norm", "pool"),
    *("positions", "dropout"),
)


def train_network(args: Namespace, group: ProcessGroup) -> int:
    """Train a CNN or an MLP as asked; return the exit status, 130 after Ctrl-C.

    Raises:
        ValueError: a flag does not fit the family, or there are several processes.
    """
    check_flags(args, group)
    chosen = network_recipe(args)
    form = {"kernel": args.kernel} if args.kernel is not None else {}
    network = fresh_network(args.family, chosen.training.seed, chosen.model.num_classes, chosen.model.names, **form)
    train_set, test_set = (
        load(part, args.data, tqdm_progress(), chosen.training.dataset) for part in ("train", "test")
    )
    train_set, val_set = hold_out(train_set, chosen.training)
    events = train(network, train_set, val_set, chosen.training, device=args.device)
    folder = run_folder.new_folder(args.runs, f"{args.family}-mnist")
    print(f"training {network.num_params:,} parameters on {len(train_set):,} images, {args.device}; run: {folder}")
    done = follow(events, network, chosen, folder)
    if done is None:
        return 130
    finish(done, network, chosen, test_set, [folder / run_folder.FINAL, *([args.out] if args.out else [])])
    return 0


def check_flags(args: Namespace, group: ProcessGroup) -> None:
    """Set the threads, and check flags before any work; errors as in `train_network`."""
    obey_common_flags(args)
    check_destination("out", args.out, make_folders=True)
    if group.size > 1:
        raise ValueError(f"the family {args.family} must train in one process, got {group.size}")
    for name in VIT_FLAGS:
        if getattr(args, name):
            raise ValueError(f"{name} must be left out for the family {args.family}, got {getattr(args, name)}")


def network_recipe(args: Namespace) -> Recipe:
    """Return the recipe that the flags describe, with the classes of its data set; its model is not used."""
    base = recipe(args.recipe)
    changed = {name: getattr(args, name) for name in TrainConfig.__dataclass_fields__}
    given = {name: value for name, value in changed.items() if value is not None}
    return Recipe(base.model, replace(plain_training(base.training), **given)).with_classes()


def follow(
    events: Generator[Event, TrainConfig | None, None], network: Network, chosen: Recipe, folder: Path
) -> Done | None:
    """Print and save each epoch; return the end, or None after Ctrl-C, with the network as it was saved."""
    done_epochs = 0
    try:
        for event in events:
            if isinstance(event, Epoch):
                done_epochs = event.epoch
                figures = run_folder.header_figures(event.val, None, event.seconds)
                checkpoint.save(
                    network, folder / run_folder.LAST, run_folder.header_recipe(chosen, event.epoch), figures
                )
                print(epoch_line(event))
            elif isinstance(event, Done):
                return event
    except KeyboardInterrupt:
        events.close()
    path = folder / run_folder.STOPPED
    checkpoint.save(network, path, run_folder.header_recipe(chosen, done_epochs))
    print(f"stopped; the network as it was is in {path}")
    return None


def finish(done: Done, network: Network, chosen: Recipe, test_set: Digits, paths: Sequence[Path]) -> None:
    """Test the finished network, write its checkpoint and print its accuracy."""
    figures = run_folder.header_figures(done.val, evaluate(network, test_set), done.seconds)
    for path in paths:
        checkpoint.save(network, path, run_folder.header_recipe(chosen, done.epochs), figures)
        print(f"saved {path}")
    print(run_folder.accuracy_line(figures, network.num_params))
