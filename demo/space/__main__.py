"""Command `python -m demo.space`: write a folder for a Space."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.space.front_matter import KINDS
from demo.space.kinds import space_files
from train.cli import carry_out, new_parser
from vit.files import write_bytes


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser(
        "python -m demo.space", "Write a folder for a Hugging Face Space; docs/hosting.md compares them."
    )
    parser.add_argument("kind", choices=KINDS, help="what runs the page: ZeroGPU, a processor, or the browser alone")
    parser.add_argument("folder", type=Path, help="new or empty folder")
    return parser


def run(args: Namespace) -> None:
    """Write the folder, and say how large it is.

    Raises:
        ValueError: the folder is not empty, or this is no clone of the repository.
        OSError: it cannot be written.
    """
    if args.folder.is_dir() and any(args.folder.iterdir()):
        raise ValueError(f"{args.folder} is not empty; choose a new folder")
    files = space_files(args.kind)
    write(args.folder, files)
    print(f"{args.folder}: {len(files)} files, {sum(map(len, files.values())) / 1e6:.1f} MB")


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their paths below a folder; an `OSError` as the system gives it."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, content)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
