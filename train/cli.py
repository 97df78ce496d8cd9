"""What all command lines share: common flags, errors in one sentence, results as JSON, tables in Markdown."""

from __future__ import annotations

import os
import platform
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch

from train.data.download import DataError
from train.distributed import LostProcessError, ProcessGroup, join
from vit.config import check_whole
from vit.files import FIGURES, check_destination, write_json

MAX_THREADS = 64  # every machine can start these; a machine with more cores may use them all
SPELLINGS = {"models": ("--model", "--models"), "results": ("--json",)}  # of flags that are not called as in `FLAGS`

# The flags that mean the same in every command that has them.
FLAGS: dict[str, dict[str, Any]] = {
    "model": {"default": "digits-4x4", "metavar": "NAME", "help": "shipped name or file (default: %(default)s)"},
    "models": {
        "nargs": "+",
        "action": "extend",
        "metavar": "NAME",
        "dest": "models",
        "help": "shipped names or files (default: all shipped)",
    },
    "data": {
        "type": Path,
        "default": Path("data"),
        "metavar": "FOLDER",
        "help": "folder of the IDX files (default: %(default)s)",
    },
    "json": {"type": Path, "metavar": "FILE", "help": "also write the results here"},
    "results": {"type": Path, "metavar": "FILE", "help": "write every result here; resumes if it exists"},
    "figure": {"type": Path, "metavar": "FILE", "help": "draw the results here (.png, .svg or .pdf)"},
    "write": {"action": "store_true", "help": "store the result in the checkpoint"},
    "digits": {"type": int, "metavar": "N", "help": "read only N test digits, always the same ones (default: all)"},
    "threads": {"type": int, "default": 1, "metavar": "N", "help": "CPU threads (default: 1, which repeats exactly)"},
}


def new_parser(prog: str, description: str, *flags: str) -> ArgumentParser:
    """Return a parser that knows those of the common `FLAGS` that are named."""
    parser = ArgumentParser(prog=prog, description=description)
    for flag in flags:
        parser.add_argument(*SPELLINGS.get(flag, (f"--{flag}",)), **FLAGS[flag])
    return parser


def add_digits(parser: ArgumentParser, default: int) -> None:
    """Add `--digits` to a command that reads few test digits unless the user asks for more."""
    parser.add_argument("--digits", type=int, default=default, metavar="N", help="test digits (default: %(default)s)")


def carry_out(
    parser: ArgumentParser,
    run: Callable[[Namespace], Any],
    argv: Sequence[str] | None = None,
    errors: tuple[type[Exception], ...] = (),
) -> int:
    """Run a command, write its result to the file of `--json`, and print an error as one sentence.

    Args:
        run: the command. It returns what `--json` gets, or None.
        argv: the words of the command line; None for those of this process.
        errors: exceptions whose message is for the user, besides `ValueError`, `OSError` and `DataError`.

    Returns:
        The exit status: 0, 1 after an error, 130 after Ctrl-C.
    """
    args = parser.parse_args(argv)
    try:
        obey_common_flags(args)
        result = run(args)
        if result is not None and getattr(args, "json", None):
            write_json(args.json, result)
    except (ValueError, OSError, DataError, *errors) as error:
        print(f"{command_name(parser)}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{command_name(parser)}: stopped", file=sys.stderr)
        return 130
    return 0


def carry_out_in_group(
    parser: ArgumentParser,
    run: Callable[[Namespace, ProcessGroup], int],
    argv: Sequence[str] | None = None,
    errors: tuple[type[Exception], ...] = (),
) -> int:
    """Run a command in one process or in those of torchrun; one process prints an error as one sentence.

    Args:
        run: the command. It returns the exit status.
        argv, errors: as in `carry_out`.
    """
    group = join()
    try:
        with group.connected():
            return run(parser.parse_args(argv), group)
    except LostProcessError:
        group.abort()
        return 1
    except (ValueError, OSError, DataError, *errors) as error:
        group.report(f"{command_name(parser)}: {error}")
        return 1
    except KeyboardInterrupt:
        group.report(f"{command_name(parser)}: stopped")
        return 130


def command_name(parser: ArgumentParser) -> str:
    """Name of a command, as its error messages begin."""
    return parser.prog.removeprefix("python -m ")


def obey_common_flags(args: Namespace) -> None:
    """Set the number of threads, and check that the files to write can be written.

    Raises:
        ValueError: a flag is out of its range, or a file cannot be written.
    """
    use_threads(getattr(args, "threads", None))
    check_destination("json", getattr(args, "json", None))
    check_destination("figure", getattr(args, "figure", None), suffixes=FIGURES)


def use_threads(threads: int | None) -> None:
    """Set the number of CPU threads of PyTorch; None leaves it as it is.

    Raises:
        ValueError: the number is not positive, or larger than a machine can start.
    """
    if threads is not None:
        check_whole("threads", threads, 1, max(MAX_THREADS, os.cpu_count() or 1))
        torch.set_num_threads(threads)


def grid(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """Table in Markdown from rows of cells."""
    rows = [list(row) for row in [head, *body]]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def this_machine() -> dict[str, Any]:
    """Describe the machine of a measurement: processor, usable cores, threads and the version of torch."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
