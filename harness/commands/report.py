"""``report``: draw a run's charts and page again, from its files alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.exits import DONE, UsageError
from harness.store import read_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", type=Path, help="a run's folder, such as results/latest")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Draw, and print the page's path."""
    folder = args.run.parent if args.run.name == "run.json" else args.run
    if folder.is_file():
        raise UsageError(f"{str(args.run)!r} is a file, expected a run's folder, such as results/latest")
    read_run(folder)  # so that a wrong folder is a sentence before matplotlib is even imported
    from harness.report import draw

    sys.stdout.write(f"{draw(folder)}\n")
    return DONE
