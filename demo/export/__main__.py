"""Command `python -m demo.export`: write the page for a static host, or as one file."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from demo.export.single import single_page
from demo.export.site import site_files, write_site
from demo.export.views import static_views
from train.cli import carry_out, new_parser
from vit.files import check_destination, write_text


def command_line() -> ArgumentParser:
    """Describe the command line."""
    parser = new_parser("python -m demo.export", "Write the page without a server: a browser reads by itself.")
    parser.add_argument("folder", type=Path, nargs="?", help="folder for a static host, new or written before")
    parser.add_argument("--single", type=Path, metavar="FILE", help="write one file that opens from a disk")
    return parser


def run(args: Namespace) -> None:
    """Write what was asked for, and say how large it is.

    Raises:
        ValueError: nothing was asked for, or the folder holds something else.
        OSError: it cannot be written.
    """
    if args.folder is None and args.single is None:
        raise ValueError("name a folder, or a file with --single")
    if args.single:
        check_destination("single", args.single, make_folders=True)
    views = static_views()
    if args.folder:
        files = site_files(views)
        write_site(args.folder, files)
        print(f"{args.folder}: {len(files)} files, {sum(map(len, files.values())) / 1e6:.1f} MB")
    if args.single:
        page = single_page(views)
        args.single.parent.mkdir(parents=True, exist_ok=True)
        write_text(args.single, page)
        print(f"{args.single}: {len(page.encode()) / 1e6:.1f} MB")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    return carry_out(command_line(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
