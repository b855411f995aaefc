"""``prices``: the best bid and ask of every pair across the exchanges, once."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final

import exchanges
from harness import allowance_options, options, snapshot
from harness.exits import DONE, FAILURES

_COLUMNS: Final = (
    "exchange", "pair", "bid", "ask", "last", "bid_size", "ask_size", "time_us", "age_low_us", "age_high_us", "age_by"
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    snapshot.add_arguments(parser)
    allowance_options.add_age(parser)
    parser.add_argument("--each", action="store_true", help="every quote of every exchange, not the best ones alone")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Print prices; 1 if a request failed (the others are printed)."""
    from harness.readout import readout
    from harness.store import csv_text

    allowance = allowance_options.age_from(args)
    fees = {name: exchanges.load(name).taker_fee for name in options.exchange_names(args.exchange)}
    taken = snapshot.take(args)
    found = readout(taken.seen, fees, allowance)
    if args.json:
        document = {"strategy": taken.strategy, **found, "failures": taken.failures}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    elif args.csv:
        rows = ([*(row[name] for name in _COLUMNS[:8]), *row["age_us"], row["age_by"]] for row in found["quotes"])
        sys.stdout.write(csv_text([_COLUMNS, *rows]))
    else:
        from harness.console import console
        from harness.prices_table import print_prices, print_quotes

        (print_quotes if args.each else print_prices)(console(), found, taken.strategy)
    snapshot.report_failures(taken)
    return FAILURES if taken.failures else DONE
