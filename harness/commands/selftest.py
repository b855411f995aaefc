"""``selftest``: bench the bench. It sabotages fetchrace for real, race by race, and tells which lies are caught."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from exchanges.units import counted
from harness.exits import DONE, FAILURES, UsageError

if TYPE_CHECKING:
    from harness.selftest.row import Row


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--quick", action="store_true", help="the same in fewer blocks: 90 seconds, not five minutes")
    what.add_argument(
        "--long", nargs="?", const="all", metavar="NAMES",
        help="instead of the lies, races whose outcome is known beforehand, such as A01,A23; some take minutes (all)",
    )  # fmt: skip
    what.add_argument("--markdown", action="store_true", help="the table of what is expected, and nothing is raced")
    add("--json", action="store_true", help="one JSON document on stdout")
    add("--results-dir", type=Path, metavar="DIR", help="keep the races there (they are judged and thrown away)")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Race, judge and tell; 0 only if every lie is caught, the honest race is VALID and its twin ties."""
    from harness.selftest import bench

    if args.markdown:
        if args.json:
            raise UsageError("--markdown and --json exclude each other")
        from harness.selftest.catalogue import CHECKS
        from harness.selftest.table import markdown

        sys.stdout.write(markdown(CHECKS) + "\n")
        return DONE
    parts = bench.lies(args.quick) if args.long is None else bench.long_ones(args.long)
    began = time.monotonic()
    rows, kept = bench.run_all(parts, args.results_dir)
    _print(rows, time.monotonic() - began, args.json)
    missed = [row for row in rows if not row.is_caught]
    if missed:
        sys.stderr.write(f"fetchrace: {_advice(missed, kept)}\n")
    return FAILURES if missed else DONE


def _print(rows: Sequence[Row], took_s: float, as_json: bool) -> None:
    caught = sum(row.is_caught for row in rows)
    if as_json:
        document = {"caught": caught == len(rows), "took_s": took_s, "rows": [row.to_json() for row in rows]}
        sys.stdout.write(json.dumps(document, indent=1, allow_nan=False) + "\n")
        return
    from harness.selftest.rows_table import print_rows

    print_rows(rows)
    sys.stdout.write(f"{caught} of {counted(len(rows), 'row')} as expected ({took_s:.0f} s)\n")


def _advice(missed: Sequence[Row], kept: Path | None) -> str:
    """What was not as expected, what to try, and where to look."""
    said = "; ".join(f"{row.lie}: expected {row.expected}, found {row.found}" for row in missed)
    where = (
        "keep the races with --results-dir DIR" if kept is None else f"the races are kept in {shlex.quote(str(kept))}"
    )
    return f"{said}; try an idle machine (python -m harness doctor tells what disturbs this one); {where}"
